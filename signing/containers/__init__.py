"""What is signed and the container it goes into: CMS, GB/T 35275, SES; certification and locks."""
