def send_monitoring_alert(admin_user_ids, alert_title, alert_message, severity="warning"):
    """Send system alert to administrators"""
    for user_id in admin_user_ids:
        requests.post(
            "https://yourcrm.com/crm/notification/send",
            headers={"X-API-KEY": "your-monitoring-api-key"},
            json={
                "user_id": user_id,
                "type": "system_alert",
                "title": alert_title,
                "message": alert_message,
                "metadata": {
                    "severity": severity,
                    "alert_time": datetime.now().isoformat(),
                    "source": "prometheus_alertmanager"
                }
            }
        )

# Example: Disk space alert
send_monitoring_alert(
    admin_user_ids=[1, 2, 3],
    alert_title="⚠️ Disk Space Warning",
    alert_message="Database server disk usage has exceeded 85%",
    severity="warning"
)
