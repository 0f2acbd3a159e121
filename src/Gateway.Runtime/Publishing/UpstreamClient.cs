using System.Text;
using Gateway.Mqtt.Authentication;
using Gateway.Mqtt.Client;
using Gateway.Mqtt.Packets;
using Gateway.Runtime.Configuration;

namespace Gateway.Runtime.Publishing;

/// <summary>What every client of an upstream broker is set up with, and how it leaves.</summary>
internal static class UpstreamClient
{
    private static readonly TimeSpan GoodbyeTime = TimeSpan.FromSeconds(1);

    /// <summary>Where it connects, as whom, and how that is shown and protected.</summary>
    public static MqttClientOptions OptionsFor(UplinkOptions connection) => new()
    {
        Servers = connection.Urls,
        FailBack = connection.FailBack,
        AcknowledgeTimeout = connection.AcknowledgeTimeout,
        PoisonAfter = connection.ParkAfter,
        AllowedReferences = connection.FollowReferences,
        ProtocolVersion = connection.Protocol,
        ClientIdentifier = connection.ClientId,
        Authentication = connection.UsesScram ? new ScramSha256(connection.Username!, connection.Password!.Reveal()) : null,
        UserName = connection.UsesScram ? null : connection.UsesToken ? connection.Password!.Reveal() : connection.Username,
        Password = connection is { UsesScram: false, UsesToken: false } && connection.Password is { } password ? (ReadOnlyMemory<byte>?)Encoding.UTF8.GetBytes(password.Reveal()) : null,
        Tls = connection.Tls.ToClient(),
    };

    /// <summary>Where each of the client's servers stands, for people.</summary>
    public static IReadOnlyList<UplinkServerStatus> DescribeServers(MqttClient client) => [.. client.Servers.Select(server => new UplinkServerStatus(
        UplinkHealth.Describe(server.Server),
        server.Standing switch
        {
            ServerStanding.Connected => "connected",
            ServerStanding.Failed => "failed",
            ServerStanding.Answers => "answers",
            _ => "ready",
        },
        server.Reason?.TrimEnd('.'),
        server.Since))];

    /// <summary>Has the last words said, for at most 1 s, disconnects and disposes the client.</summary>
    /// <remarks>A clean disconnect brings no Will: without its last words a gateway that is gone would stay online upstream. MQTT 5.0 §3.14.2.1.</remarks>
    public static async Task LeaveAsync(MqttClient client, Func<CancellationToken, Task> sayGoodbye, TimeProvider timeProvider)
    {
        var isGoodbyeSaid = client.State == MqttClientState.Connected && await TrySayAsync(sayGoodbye, timeProvider).ConfigureAwait(false);
        await client.DisconnectAsync(isGoodbyeSaid ? ReasonCode.NormalDisconnection : ReasonCode.DisconnectWithWillMessage).ConfigureAwait(false);
        await client.DisposeAsync().ConfigureAwait(false);
    }

    private static async Task<bool> TrySayAsync(Func<CancellationToken, Task> sayGoodbye, TimeProvider timeProvider)
    {
        using var limit = new CancellationTokenSource(GoodbyeTime, timeProvider);
        try
        {
            await sayGoodbye(limit.Token).ConfigureAwait(false);
            return true;
        }
        catch (OperationCanceledException)
        {
            return false;
        }
    }
}
