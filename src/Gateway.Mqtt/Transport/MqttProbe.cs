using System.Net.Sockets;

namespace Gateway.Mqtt.Transport;

/// <summary>Finds out whether an MQTT server answers, without a CONNECT: no session, no Client Identifier and no credentials are touched.</summary>
public static class MqttProbe
{
    /// <summary>
    /// Connects, and sees that a program is there: over TCP by its hanging up on a client that has said goodbye at once, since
    /// the kernel alone would accept for one that is stopped; over TLS and WebSocket by their handshakes.
    /// </summary>
    /// <param name="server">An address that <see cref="MqttServerUri"/> accepts.</param>
    /// <param name="tls">For <c>mqtts</c> and <c>wss</c>.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <exception cref="MqttException">The server does not answer.</exception>
    public static async Task ProbeAsync(Uri server, MqttTlsOptions tls, CancellationToken cancellationToken)
    {
        if (server.Scheme != "mqtt")
        {
            await using var stream = await MqttDialer.DialAsync(server, tls, cancellationToken);
            return;
        }

        using var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
        try
        {
            await socket.ConnectAsync(server.IdnHost, server.Port, cancellationToken);
            socket.Shutdown(SocketShutdown.Send);
            await socket.ReceiveAsync(new byte[1], cancellationToken);
        }
        catch (SocketException exception) when (exception.SocketErrorCode != SocketError.ConnectionReset)
        {
            throw new MqttException($"Cannot connect to {server}: {MqttDialer.Describe(exception, server)}", exception);
        }
        catch (SocketException)
        {
            // A reset is an answer too.
        }
    }
}
