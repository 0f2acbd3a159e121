using System.Net;
using System.Reflection;
using System.Text.Json;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Net.Http.Headers;

namespace Gateway.Web;

/// <summary>
/// Kestrel with the status page and its API: <c>/</c>, <c>/api/status</c>, <c>/api/queue</c>, <c>/api/points</c>, <c>/healthz</c>. One server for
/// each place that it is served at, so that a port that is taken stops neither the other one nor the service.
/// </summary>
internal sealed class StatusServer : IAsyncDisposable
{
    private const int MaximumConnections = 64;
    private const int MaximumRequestBytes = 64 * 1024;

    private static readonly byte[] StyleSheet = ReadResource("page.css");

    private readonly WebApplication _application;

    private StatusServer(WebApplication application) => _application = application;

    /// <summary>Where the server listens.</summary>
    public ICollection<string> Addresses => _application.Urls;

    /// <summary>Starts a server.</summary>
    /// <param name="listen">Names the place.</param>
    /// <param name="source">What is served.</param>
    /// <param name="timeProvider">The clock that ages are reckoned by.</param>
    /// <param name="loggerFactory">Where Kestrel logs.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <param name="mayWrite">Whether points may be written here, too. The page has no log-in yet: only the control socket may.</param>
    /// <exception cref="IOException">The place is taken or not there.</exception>
    public static async Task<StatusServer> StartAsync(
        Action<KestrelServerOptions> listen,
        IStatusSource source,
        TimeProvider timeProvider,
        ILoggerFactory loggerFactory,
        CancellationToken cancellationToken,
        bool mayWrite = false)
    {
        var builder = WebApplication.CreateEmptyBuilder(new());
        builder.Services.AddSingleton(loggerFactory);
        builder.Services.AddRoutingCore();
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.Limits.MaxConcurrentConnections = MaximumConnections;
            kestrel.Limits.MaxRequestBodySize = MaximumRequestBytes;
            listen(kestrel);
        });
        var application = builder.Build();
        application.Use(AddHeaders);
        Map(application, source, timeProvider);
        application.MapGet("/api/points", context => PointsApi.ReadAsync(context, source.Points));
        if (mayWrite)
        {
            application.MapGet("/api/points/live", context => PointsApi.FollowAsync(context, source.Points));
            application.MapPut("/api/points", context => PointsApi.WriteAsync(context, source.Points));
        }

        try
        {
            await application.StartAsync(cancellationToken);
            return new StatusServer(application);
        }
        catch
        {
            await application.DisposeAsync();
            throw;
        }
    }

    public ValueTask DisposeAsync() => _application.DisposeAsync();

    private static void Map(WebApplication application, IStatusSource source, TimeProvider timeProvider)
    {
        application.MapGet("/", context =>
        {
            context.Response.ContentType = "text/html; charset=utf-8";
            return context.Response.WriteAsync(StatusPage.Render(source.GetStatus(), timeProvider.GetUtcNow()), context.RequestAborted);
        });
        application.MapGet("/page.css", context =>
        {
            context.Response.ContentType = "text/css; charset=utf-8";
            return context.Response.Body.WriteAsync(StyleSheet, context.RequestAborted).AsTask();
        });
        application.MapGet("/api/status", context => WriteJson(context, source.GetStatus()));
        application.MapGet("/api/queue", context => WriteJson(context, source.GetStatus().Queue));
        application.MapGet("/healthz", context =>
        {
            var isHealthy = source.IsHealthy;
            context.Response.StatusCode = isHealthy ? StatusCodes.Status200OK : StatusCodes.Status503ServiceUnavailable;
            return context.Response.WriteAsync(isHealthy ? "ok\n" : "the data path makes no progress\n", context.RequestAborted);
        });
    }

    private static Task WriteJson<T>(HttpContext context, T value)
    {
        context.Response.ContentType = "application/json";
        return JsonSerializer.SerializeAsync(context.Response.Body, value, typeof(T), StatusJson.Readable, context.RequestAborted);
    }

    private static Task AddHeaders(HttpContext context, RequestDelegate next)
    {
        // A page elsewhere that points its own name at 127.0.0.1 would otherwise read everything through the visitor's browser.
        if (!IsOwnName(context.Request.Host.Host))
        {
            context.Response.StatusCode = StatusCodes.Status421MisdirectedRequest;
            return Task.CompletedTask;
        }

        var headers = context.Response.Headers;
        headers[HeaderNames.ContentSecurityPolicy] = "default-src 'none'; style-src 'self'; img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";
        headers[HeaderNames.XContentTypeOptions] = "nosniff";
        headers[HeaderNames.CacheControl] = "no-store";
        headers["Referrer-Policy"] = "no-referrer";
        return next(context);
    }

    private static bool IsOwnName(string host) =>
        host is "" or "localhost"
        || IPAddress.TryParse(host, out _)
        || host.Equals(Environment.MachineName, StringComparison.OrdinalIgnoreCase)
        || host.Equals(Environment.MachineName + ".local", StringComparison.OrdinalIgnoreCase);

    private static byte[] ReadResource(string name)
    {
        using var stream = Assembly.GetExecutingAssembly().GetManifestResourceStream(name)!;
        var bytes = new byte[stream.Length];
        stream.ReadExactly(bytes);
        return bytes;
    }
}
