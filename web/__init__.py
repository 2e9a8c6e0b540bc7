"""What everything that speaks HTTP here shares: strict bodies, schemas, problem documents."""
