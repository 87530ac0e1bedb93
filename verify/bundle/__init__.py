"""One signed file with all that offline verification needs: read strictly, judged before it is used."""
