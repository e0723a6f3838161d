"""Campaigns: letter files, who they go to, and the merge."""
