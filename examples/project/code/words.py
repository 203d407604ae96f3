from collections import Counter

return Counter(params["text"].split())
