using System.Net;
using Gateway.Web.Access;
using Gateway.Web.Metrics;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Net.Http.Headers;

namespace Gateway.Web;

/// <summary>
/// Kestrel with the status and its API: <c>/api/status</c>, <c>/api/queue</c>, <c>/api/points</c>, <c>/healthz</c>; for browsers with the page in front of
/// it, for the command line with what writes. One server for each place that it is served at, so that a port that is taken stops neither the other one
/// nor the service.
/// </summary>
internal sealed class StatusServer : IAsyncDisposable
{
    private const int MaximumConnections = 64;
    private const int MaximumRequestBytes = 64 * 1024;

    // For those who follow to take their last bytes; then they are cut off.
    private static readonly TimeSpan StopTime = TimeSpan.FromSeconds(2);

    private readonly WebApplication _application;

    private StatusServer(WebApplication application) => _application = application;

    /// <summary>Where the server listens.</summary>
    public ICollection<string> Addresses => _application.Urls;

    /// <summary>Starts a server for the command line, which may write: whoever reaches its place is trusted.</summary>
    /// <param name="listen">Names the place.</param>
    /// <param name="source">What is served.</param>
    /// <param name="loggerFactory">Where Kestrel logs.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="IOException">The place is taken or not there.</exception>
    public static Task<StatusServer> StartAsync(
        Action<KestrelServerOptions> listen, IStatusSource source, ILoggerFactory loggerFactory, CancellationToken cancellationToken) =>
        StartAsync(
            listen,
            application =>
            {
                application.MapGet("/api/points/live", context => PointsApi.FollowAsync(context, source.Points));
                Map(application, source);
            },
            loggerFactory,
            cancellationToken);

    /// <summary>Starts a server of the page.</summary>
    /// <param name="listen">Names the place.</param>
    /// <param name="dashboard">What is served.</param>
    /// <param name="needsLogIn">Whether who comes there has to log in.</param>
    /// <param name="assets">The files of the page; null: those of this program.</param>
    /// <param name="loggerFactory">Where Kestrel logs.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="IOException">The place is taken or not there.</exception>
    public static Task<StatusServer> StartPageAsync(
        Action<KestrelServerOptions> listen,
        Dashboard dashboard,
        bool needsLogIn,
        PageAssets? assets,
        ILoggerFactory loggerFactory,
        CancellationToken cancellationToken)
    {
        assets ??= PageAssets.Embedded;
        var access = new PageAccess(dashboard.Sessions, dashboard.Users, needsLogIn, assets);
        return StartAsync(
            listen,
            application =>
            {
                application.Use(access.HandleAsync);
                DashboardApi.Map(application, dashboard, access);
                Map(application, dashboard.Source);
                application.MapFallback("{*path}", assets.ServeAsync);
            },
            loggerFactory,
            cancellationToken,
            isNameAsked: !needsLogIn);
    }

    /// <summary>Starts a server that tells what is wrong with the configuration, and nothing else.</summary>
    /// <param name="listen">Names the place.</param>
    /// <param name="source">What is served.</param>
    /// <param name="loggerFactory">Where Kestrel logs.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="IOException">The place is taken or not there.</exception>
    public static Task<StatusServer> StartProblemsAsync(
        Action<KestrelServerOptions> listen, IStatusSource source, ILoggerFactory loggerFactory, CancellationToken cancellationToken) =>
        StartAsync(
            listen,
            application =>
            {
                MapHealth(application, source);
                application.MapFallback("{*path}", context => WriteVerdict(context, source.Hindrances));
            },
            loggerFactory,
            cancellationToken);

    public async ValueTask DisposeAsync()
    {
        await _application.StopAsync(StopTime);
        await _application.DisposeAsync();
    }

    private static async Task<StatusServer> StartAsync(
        Action<KestrelServerOptions> listen,
        Action<WebApplication> map,
        ILoggerFactory loggerFactory,
        CancellationToken cancellationToken,
        bool isNameAsked = true)
    {
        var builder = WebApplication.CreateEmptyBuilder(new());
        builder.Services.AddSingleton(loggerFactory);
        builder.Services.AddSingleton<IHostLifetime, CallerLifetime>();
        builder.Services.AddRoutingCore();
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.Limits.MaxConcurrentConnections = MaximumConnections;
            kestrel.Limits.MaxRequestBodySize = MaximumRequestBytes;
            listen(kestrel);
        });
        var application = builder.Build();
        application.Use((context, next) => AddHeaders(context, isNameAsked, next));
        application.Use(RefuseOversize);
        map(application);
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

    private static void Map(WebApplication application, IStatusSource source)
    {
        application.MapGet("/api/points", context => PointsApi.ReadAsync(context, source.Points));
        application.MapPut("/api/points", context => PointsApi.WriteAsync(context, source.Points));
        MapQueueRequest(application, "retry", source, source.RetryParked);
        MapQueueRequest(application, "purge-parked", source, source.PurgeParked);
        application.MapGet("/api/status", context => ApiAnswer.WriteAsync(context, source.GetStatus(), StatusJson.Readable.GatewayStatus));
        application.MapGet("/api/queue", context => WriteQueueAsync(context, source));
        MapHealth(application, source);
        if (source.Metrics is { } metrics)
        {
            application.MapGet("/metrics", context =>
            {
                context.Response.ContentType = PrometheusText.ContentType;
                return context.Response.WriteAsync(metrics.Read(), context.RequestAborted);
            });
        }
    }

    private static void MapHealth(WebApplication application, IStatusSource source)
    {
        application.MapGet("/healthz", context => WriteVerdict(context, source.Faults));
        application.MapGet("/readyz", context => WriteVerdict(context, source.Hindrances));
    }

    private static Task WriteVerdict(HttpContext context, IReadOnlyList<string> reasons)
    {
        context.Response.StatusCode = reasons.Count == 0 ? StatusCodes.Status200OK : StatusCodes.Status503ServiceUnavailable;
        context.Response.ContentType = "text/plain; charset=utf-8";
        return context.Response.WriteAsync(reasons.Count == 0 ? "ok\n" : string.Concat(reasons.Select(reason => $"{reason}\n")), context.RequestAborted);
    }

    private static void MapQueueRequest(WebApplication application, string name, IStatusSource source, Action request) =>
        application.MapPut($"/api/queue/{name}", context =>
        {
            request();
            return WriteQueueAsync(context, source);
        });

    private static Task WriteQueueAsync(HttpContext context, IStatusSource source)
    {
        var status = source.GetStatus();
        return ApiAnswer.WriteAsync(context, status.Queue with { Bridge = status.Bridge?.Queue }, StatusJson.Readable.QueueStatus);
    }

    private static Task AddHeaders(HttpContext context, bool isNameAsked, RequestDelegate next)
    {
        // A page elsewhere that points its own name at 127.0.0.1 would otherwise read everything through the visitor's browser. Where one
        // must log in, any name will do: for another name the browser has nobody's session.
        // As it was sent: Request.Host throws at what only looks like punycode.
        if (isNameAsked && !IsOwnName(new HostString(context.Request.Headers.Host.ToString()).Host))
        {
            return ApiAnswer.RefuseAsync(context, StatusCodes.Status421MisdirectedRequest, "this gateway does not have that name: use its address or its host name, or let it have users (web: users), by whom it is known under any name");
        }

        var headers = context.Response.Headers;
        headers[HeaderNames.ContentSecurityPolicy] =
            "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";
        headers[HeaderNames.XContentTypeOptions] = "nosniff";
        headers[HeaderNames.CacheControl] = "no-store";
        headers["Referrer-Policy"] = "no-referrer";
        return next(context);
    }

    private static async Task RefuseOversize(HttpContext context, RequestDelegate next)
    {
        try
        {
            await next(context);
        }
        catch (Microsoft.AspNetCore.Http.BadHttpRequestException exception) when (!context.Response.HasStarted)
        {
            await ApiAnswer.RefuseAsync(
                context,
                exception.StatusCode,
                exception.StatusCode == StatusCodes.Status413PayloadTooLarge ? $"a request may have {MaximumRequestBytes / 1024} kB" : "the request is damaged");
        }
    }

    private static bool IsOwnName(string host) =>
        host is "" or "localhost"
        || IPAddress.TryParse(host, out _)
        || host.Equals(Environment.MachineName, StringComparison.OrdinalIgnoreCase)
        || host.Equals(Environment.MachineName + ".local", StringComparison.OrdinalIgnoreCase);
}
