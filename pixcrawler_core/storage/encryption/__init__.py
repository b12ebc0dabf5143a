"""Encryption before bytes leave the machine: a store around any store, and files, by AES-256-GCM."""
