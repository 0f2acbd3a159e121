using Gateway.Shared;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Microsoft.Net.Http.Headers;

namespace Gateway.Mqtt.Broker.Listeners;

/// <summary>Agrees on a WebSocket and has the broker serve it. MQTT 5.0 §6; RFC 6455 §4.2.</summary>
internal sealed class WebSocketEndpoint(MqttBroker broker, Uri uri, MqttBrokerOptions options, TimeProvider timeProvider, ILogger logger)
{
    /// <summary>A peer that has not answered a ping by the next is gone.</summary>
    public static readonly TimeSpan PingInterval = TimeSpan.FromSeconds(30);

    // MQTT-6.0.0-3, MQTT-6.0.0-4; the other one is what clients of 3.1 asked for before there was a standard.
    private static readonly string[] Subprotocols = ["mqtt", "mqttv3.1"];

    private readonly LogPace _refusedOrigins = new(timeProvider);
    private readonly string[] _paths = uri.AbsolutePath is "" or "/" ? ["/", "/mqtt"] : [uri.AbsolutePath];

    public async Task HandleAsync(HttpContext http)
    {
        if (Refuse(http) is var (status, message))
        {
            http.Response.StatusCode = status;
            http.Response.Headers.Connection = "close";
            http.Response.ContentType = "text/plain; charset=utf-8";
            await http.Response.WriteAsync(message + "\n", http.RequestAborted);
            return;
        }

        var subprotocol = Subprotocols.First(http.WebSockets.WebSocketRequestedProtocols.Contains);
        var socket = await http.WebSockets.AcceptWebSocketAsync(subprotocol);
        await broker.ServeAsync(new WebSocketConnection(socket, http, timeProvider));
    }

    private (int Status, string Message)? Refuse(HttpContext http)
    {
        if (!_paths.Contains(http.Request.Path.Value))
        {
            return (StatusCodes.Status404NotFound, $"MQTT is at {_paths[^1]}.");
        }

        if (!http.WebSockets.IsWebSocketRequest)
        {
            http.Response.Headers.Upgrade = "websocket";
            return (StatusCodes.Status426UpgradeRequired, "This is an MQTT broker: connect with a WebSocket of subprotocol mqtt.");
        }

        if (http.Request.Headers.Origin is [{ } origin, ..] && !WebOrigin.IsAllowed(origin, new HostString(http.Request.Headers.Host.ToString()).Host, options.AllowedOrigins, options.Authenticator is null))
        {
            if (_refusedOrigins.TryTake(out var more))
            {
                Log.OriginRefused(logger, origin.Length > 200 ? origin[..200] : origin, more);
            }

            return (StatusCodes.Status403Forbidden, "Pages of this origin may not connect: the broker's configuration does not list it.");
        }

        return http.WebSockets.WebSocketRequestedProtocols.Intersect(Subprotocols).Any()
            ? null
            : (StatusCodes.Status400BadRequest, $"The WebSocket subprotocol mqtt is needed in {HeaderNames.SecWebSocketProtocol}.");
    }
}
