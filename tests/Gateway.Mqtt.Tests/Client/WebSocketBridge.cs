using System.Net.Sockets;
using System.Net.WebSockets;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Gateway.Mqtt.Tests.Client;

/// <summary>Carries WebSocket frames to a TCP server and back, in frames of seven bytes at first and of odd sizes then.</summary>
internal sealed class WebSocketBridge : IAsyncDisposable
{
    private readonly WebApplication _application;

    private WebSocketBridge(WebApplication application) => _application = application;

    public Uri Uri => new UriBuilder(_application.Urls.Single()) { Scheme = "ws", Path = "/mqtt" }.Uri;

    public static async Task<WebSocketBridge> StartAsync(int port, string? subprotocol)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        var application = builder.Build();
        application.UseWebSockets();
        application.Run(async context =>
        {
            if (!context.WebSockets.WebSocketRequestedProtocols.Contains("mqtt"))
            {
                context.Response.StatusCode = 400;
                return;
            }

            using var socket = await context.WebSockets.AcceptWebSocketAsync(subprotocol);
            using var server = new TcpClient("127.0.0.1", port);
            await Task.WhenAny(ToServerAsync(socket, server.GetStream(), context), ToClientAsync(server.GetStream(), socket, context));
        });
        await application.StartAsync();
        return new WebSocketBridge(application);
    }

    public async ValueTask DisposeAsync()
    {
        using var deadline = new CancellationTokenSource(TimeSpan.FromSeconds(1));
        await _application.StopAsync(deadline.Token);
        await _application.DisposeAsync();
    }

    private static async Task ToServerAsync(WebSocket from, Stream to, HttpContext context)
    {
        var buffer = new byte[4096];
        while (true)
        {
            var result = await from.ReceiveAsync(buffer.AsMemory(), context.RequestAborted);
            if (result.MessageType != WebSocketMessageType.Binary)
            {
                return;
            }

            await to.WriteAsync(buffer.AsMemory(0, result.Count), context.RequestAborted);
        }
    }

    private static async Task ToClientAsync(Stream from, WebSocket to, HttpContext context)
    {
        var buffer = new byte[7];
        while (await from.ReadAsync(buffer, context.RequestAborted) is var count and > 0)
        {
            await to.SendAsync(buffer.AsMemory(0, count), WebSocketMessageType.Binary, endOfMessage: true, context.RequestAborted);
            buffer = new byte[Math.Min(buffer.Length + 6, 4001)];
        }
    }
}
