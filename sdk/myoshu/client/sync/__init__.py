"""The blocking client: sockets around :class:`myoshu.protocol.conversation.Conversation`."""
