namespace Gateway.Mqtt.Broker.Listeners;

/// <summary>A TLS file cannot be used.</summary>
internal sealed class TlsFileException(TlsFileProblem problem, Exception? innerException = null) : MqttBrokerException(problem.Message, innerException)
{
    public TlsFileProblem Problem { get; } = problem;
}
