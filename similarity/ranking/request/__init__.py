"""What a search asks: its options, its operators and phrases, and the filter that they make."""
