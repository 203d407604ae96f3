printf '%s\n' "$2" > "outbox/$1"
echo "sent to $1"
