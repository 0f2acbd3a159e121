using System.Net;
using Gateway.Mqtt.Broker.Listeners;
using Gateway.TestSupport;

namespace Gateway.Mqtt.Broker.Tests.Peers;

/// <summary>A broker that listens with every scheme on loopback ports, with certificates of its own.</summary>
internal sealed class EveryTransport : IAsyncDisposable
{
    private readonly MqttBroker _broker;

    private EveryTransport(MqttBroker broker, TestCertificates certificates)
    {
        _broker = broker;
        Certificates = certificates;
    }

    public MqttBroker Broker => _broker;

    public TestCertificates Certificates { get; }

    /// <summary>The file of the authority that clients are to trust.</summary>
    public string Authority => Certificates.Authority;

    public static async Task<EveryTransport> StartAsync(Func<TestCertificates, ListenerTlsOptions, ListenerTlsOptions>? configure = null)
    {
        var certificates = new TestCertificates();
        var tls = new ListenerTlsOptions { CertificateFile = certificates.Certificate("server"), KeyFile = certificates.Key("server") };
        var options = new MqttBrokerOptions
        {
            Listen = [new("mqtt://127.0.0.1:0"), new("mqtts://127.0.0.1:0"), new("ws://127.0.0.1:0"), new("wss://127.0.0.1:0")],
            Tls = configure is null ? tls : configure(certificates, tls),
        };
        var broker = new MqttBroker(options);
        await broker.StartAsync(CancellationToken.None);
        return new EveryTransport(broker, certificates);
    }

    public int Port(string scheme) => ((IPEndPoint)_broker.Listeners.Single(listener => listener.Uri.Scheme == scheme).EndPoint!).Port;

    /// <summary>As clients write it.</summary>
    public Uri Address(string scheme) => new($"{scheme}://127.0.0.1:{Port(scheme)}{(scheme is "ws" or "wss" ? "/mqtt" : "")}");

    public async ValueTask DisposeAsync()
    {
        await _broker.DisposeAsync();
        Certificates.Dispose();
    }
}
