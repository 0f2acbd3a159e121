namespace Gateway.Hosting;

/// <summary>A listener cannot be opened where it was asked for; the message is a sentence that says why.</summary>
internal sealed class ListenerException(string message, Exception? inner) : Exception(message, inner);
