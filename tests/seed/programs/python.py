import requests

# Configuration
CRM_URL = 'https://yourcrm.com'
API_KEY = 'your-secure-api-key-minimum-32-characters'

def send_notification(user_id, notification_type, title, message=None, link=None, metadata=None):
    """Send a notification to a user via OmniCRM API"""

    headers = {
        "Content-Type": "application/json",
        "X-API-KEY": API_KEY
    }

    payload = {
        "user_id": user_id,
        "type": notification_type,
        "title": title
    }

    # Add optional fields
    if message:
        payload["message"] = message
    if link:
        payload["link"] = link
    if metadata:
        payload["metadata"] = metadata

    response = requests.post(
        f"{CRM_URL}/crm/notification/send",
        headers=headers,
        json=payload
    )

    if response.status_code == 201:
        print(f"✓ Notification sent successfully: {response.json()}")
        return response.json()
    else:
        print(f"✗ Failed to send notification: {response.text}")
        response.raise_for_status()

# Example usage
if __name__ == "__main__":
    # Notify user of provisioning completion
    send_notification(
        user_id=123,
        notification_type="provision_complete",
        title="Mobile Service Activated",
        message="Service ID 167 has been successfully provisioned and activated",
        link="/services/167",
        metadata={
            "service_id": 167,
            "provision_job_id": "prov-2026-00042",
            "duration_seconds": 45,
            "playbook": "mobile_service_activation"
        }
    )
