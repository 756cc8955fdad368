const axios = require('axios');

const CRM_URL = 'https://yourcrm.com';
const API_KEY = 'your-secure-api-key-minimum-32-characters';

async function sendNotification(userId, type, title, options = {}) {
  try {
    const response = await axios.post(
      `${CRM_URL}/crm/notification/send`,
      {
        user_id: userId,
        type: type,
        title: title,
        message: options.message,
        link: options.link,
        metadata: options.metadata,
        related_ticket_id: options.relatedTicketId,
        related_user_id: options.relatedUserId
      },
      {
        headers: {
          'X-API-KEY': API_KEY,
          'Content-Type': 'application/json'
        }
      }
    );

    console.log('✓ Notification sent:', response.data);
    return response.data;
  } catch (error) {
    console.error('✗ Failed to send notification:', error.response?.data || error.message);
    throw error;
  }
}

// Example usage
sendNotification(
  123,
  'provision_complete',
  'Service Activated',
  {
    message: 'Your mobile service has been successfully activated',
    link: '/services/167',
    metadata: {
      service_id: 167,
      provision_job_id: 'prov-2026-00042',
      duration_seconds: 45
    }
  }
);
