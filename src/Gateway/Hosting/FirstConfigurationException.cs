namespace Gateway.Hosting;

/// <summary>A first configuration that cannot be written; the message is a sentence without its full stop.</summary>
internal sealed class FirstConfigurationException(string message, Exception? inner = null) : Exception(message, inner);
