import datetime
from sqlalchemy import create_engine, text

def check_expiring_services():
    """Check for services expiring in next 7 days and notify users"""

    engine = create_engine("postgresql://...")

    # Query services expiring soon
    query = text("""
        SELECT s.service_id, s.end_date, u.id as user_id, s.service_name
        FROM services s
        JOIN customer_contacts cc ON s.customer_id = cc.customer_id
        JOIN users u ON cc.contact_id = u.contact_id
        WHERE s.end_date BETWEEN CURRENT_DATE AND CURRENT_DATE + INTERVAL '7 days'
        AND s.deleted = false
    """)

    with engine.connect() as conn:
        results = conn.execute(query)

        for row in results:
            days_until_expiry = (row.end_date - datetime.date.today()).days

            requests.post(
                "https://yourcrm.com/crm/notification/send",
                headers={"X-API-KEY": "your-automation-api-key"},
                json={
                    "user_id": row.user_id,
                    "type": "service_expiring",
                    "title": f"Service Expiring in {days_until_expiry} Days",
                    "message": f"Your {row.service_name} will expire on {row.end_date}",
                    "link": f"/services/{row.service_id}",
                    "metadata": {
                        "service_id": row.service_id,
                        "days_remaining": days_until_expiry,
                        "expiry_date": str(row.end_date)
                    }
                }
            )

# Run daily via cron
if __name__ == "__main__":
    check_expiring_services()
