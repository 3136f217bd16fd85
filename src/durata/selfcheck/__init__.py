"""Does durata compute on this machine what it computed where it was tested? Installation, operation, performance."""
