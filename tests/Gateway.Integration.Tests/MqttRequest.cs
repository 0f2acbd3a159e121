using Gateway.TestSupport;

namespace Gateway.Integration.Tests;

/// <summary>Commands as others send them.</summary>
internal static class MqttRequest
{
    /// <summary>
    /// Sends a command with Response Topic and Correlation Data (MQTT 5.0 §4.10) by mosquitto_rr; gives what came back as it printed it:
    /// Correlation Data and payload.
    /// </summary>
    public static async Task<string> SendAsync(int port, string topic, string payload)
    {
        await using var request = PeerProcess.Start(
            "mosquitto_rr",
            ["-h", "127.0.0.1", "-p", $"{port}", "-V", "mqttv5", "-q", "1", "-W", "30", "-t", topic, "-e", "answers/to/me", "-m", payload,
             "-D", "publish", "correlation-data", "number-7", "-F", "= %D %p"]);
        var answer = await request.WaitForLineAsync("= ");
        Assert.Equal(0, await request.WaitForExitAsync());
        return answer[2..];
    }

    /// <summary>Sends a command by mosquitto_pub, in a protocol version that has no Response Topic unless told otherwise.</summary>
    public static async Task PublishAsync(int port, string topic, string payload, params string[] arguments)
    {
        await using var publisher = PeerProcess.Start(
            "mosquitto_pub", ["-h", "127.0.0.1", "-p", $"{port}", "-V", "mqttv311", "-q", "1", "-t", topic, "-m", payload, .. arguments]);
        Assert.Equal(0, await publisher.WaitForExitAsync());
    }
}
