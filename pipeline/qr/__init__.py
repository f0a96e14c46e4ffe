"""What a qr request gets: the click-to-chat link, QR images, the HTML button, the signature."""
