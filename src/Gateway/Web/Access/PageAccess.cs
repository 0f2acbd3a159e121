using System.Diagnostics.CodeAnalysis;
using System.Net.Http.Headers;
using System.Text;

namespace Gateway.Web.Access;

/// <summary>
/// Who is let in at one place of the page, and which requests are the page's own. Everything but the page's files and what tells whether the gateway
/// lives needs a session where log-in is needed; what changes something needs the session's token, too, and must come from this very page.
/// </summary>
/// <param name="sessions">Who is logged in.</param>
/// <param name="users">Who may log in; null: nobody.</param>
/// <param name="needsLogIn">Whether one has to be logged in here; who comes through a proxy has to in any case, since it may come from anywhere.</param>
/// <param name="assets">The page's files.</param>
internal sealed class PageAccess(WebSessions sessions, WebUsers? users, bool needsLogIn, PageAssets assets)
{
    /// <summary>The header that shows the session's token.</summary>
    public const string CsrfHeader = "X-Gateway-CSRF";

    private const string SessionPath = "/api/session";
    private const string LoginPath = "/api/login";
    private const string TooManyTries = "too many log-ins failed: wait a moment and try again";

    private static readonly TimeSpan BusyPause = TimeSpan.FromSeconds(1);

    // Those that watch a gateway from outside have no account.
    private static readonly string[] HealthPaths = ["/healthz", "/readyz"];

    /// <summary>Adds what needs no session, or is about sessions.</summary>
    public void Map(WebApplication application)
    {
        application.MapGet(SessionPath, context => AnswerAsync(context, Find(context.Request)));
        application.MapPost(LoginPath, LogInAsync);
        application.MapPost("/api/logout", context =>
        {
            sessions.Close(TokenOf(context.Request));
            context.Response.Cookies.Delete(NameCookie(context), CookieOf(context));
            return AnswerAsync(context, NeedsLogIn(context.Request) ? null : sessions.Anonymous);
        });
    }

    /// <summary>Lets a request pass, or refuses it.</summary>
    public async Task HandleAsync(HttpContext context, RequestDelegate next)
    {
        var request = context.Request;
        var isChange = !HttpMethods.IsGet(request.Method) && !HttpMethods.IsHead(request.Method);
        var isOpen = request.Path == SessionPath || request.Path == LoginPath || HealthPaths.Contains(request.Path.Value) || assets.Has(request.Path);
        var session = Find(request);
        if (isChange && !IsOwn(request))
        {
            await ApiAnswer.RefuseAsync(context, StatusCodes.Status403Forbidden, "this request comes from another page");
        }
        else if (isOpen)
        {
            await next(context);
        }
        else if (session is not null)
        {
            context.Features.Set(NeedsLogIn(request) ? new Admission(session.User, () => sessions.Has(TokenOf(request))) : new Admission(User: null, () => true));
            await (isChange && !session.Accepts(request.Headers[CsrfHeader])
                ? ApiAnswer.RefuseAsync(context, StatusCodes.Status403Forbidden, $"the header {CsrfHeader} must have the token of {SessionPath}: load the page again")
                : next(context));
        }
        else if (!isChange && TryReadCredentials(request, out var user, out var password))
        {
            await LetInAsync(context, next, user, password);
        }
        else
        {
            await ApiAnswer.RefuseAsync(context, StatusCodes.Status401Unauthorized, "log in first");
        }
    }

    /// <summary>Whether a request that was let in would still be: its session may end meanwhile, or its user. Does not count as a use of the session.</summary>
    public static bool IsStillIn(HttpContext context) => context.Features.Get<Admission>() is { } admission && admission.IsValid();

    /// <summary>Who asks, for the log: the user and the address; null: not at the page, but by the control socket.</summary>
    public static string? WhoAsks(HttpContext context) => context.Features.Get<Admission>() is { } admission
        ? $"{admission.User ?? "somebody who needs no log-in"} at the page from {context.Connection.RemoteIpAddress}"
        : null;

    // Browsers say where a request comes from; programs say nothing, and have nobody's cookies.
    private static bool IsOwn(HttpRequest request)
    {
        string? site = request.Headers["Sec-Fetch-Site"];
        string? origin = request.Headers.Origin;
        return site is null or "same-origin"
            && (origin is null || (Uri.TryCreate(origin, UriKind.Absolute, out var from) && string.Equals(from.Authority, request.Headers.Host.ToString(), StringComparison.OrdinalIgnoreCase)));
    }

    // Several gateways may be on one host: cookies know no ports.
    private static string NameCookie(HttpContext context) =>
        string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{(context.Request.IsHttps ? "__Host-" : "")}gateway-{context.Connection.LocalPort}");

    private static CookieOptions CookieOf(HttpContext context) => new()
    {
        HttpOnly = true,
        SameSite = SameSiteMode.Strict,
        Secure = context.Request.IsHttps,
        Path = "/",
        IsEssential = true,
    };

    private static string? TokenOf(HttpRequest request) => request.Cookies[NameCookie(request.HttpContext)];

    // For programs that read, such as Prometheus and curl.
    private static bool TryReadCredentials(HttpRequest request, [NotNullWhen(true)] out string? user, [NotNullWhen(true)] out string? password)
    {
        (user, password) = (null, null);
        if (!AuthenticationHeaderValue.TryParse(request.Headers.Authorization, out var header)
            || !string.Equals(header.Scheme, "Basic", StringComparison.OrdinalIgnoreCase)
            || header.Parameter is null)
        {
            return false;
        }

        var bytes = new byte[header.Parameter.Length];
        if (!Convert.TryFromBase64String(header.Parameter, bytes, out var length))
        {
            return false;
        }

        var text = Encoding.UTF8.GetString(bytes, 0, length);
        var colon = text.IndexOf(':', StringComparison.Ordinal);
        (user, password) = colon < 0 ? (text, "") : (text[..colon], text[(colon + 1)..]);
        return true;
    }

    private async Task LetInAsync(HttpContext context, RequestDelegate next, string user, string password)
    {
        var edition = users?.Edition;
        var outcome = await TryAsync(context, user, password);
        if (outcome.IsAccepted)
        {
            context.Features.Set(new Admission(user, () => users?.Edition == edition));
            await next(context);
        }
        else
        {
            await RefuseAsync(context, outcome);
        }
    }

    private async Task LogInAsync(HttpContext context)
    {
        if (await ApiAnswer.ReadAsync(context, StatusJson.Readable.LoginDocument) is not { } login)
        {
            return;
        }

        var edition = users?.Edition;
        var outcome = await TryAsync(context, login.User ?? "", login.Password ?? "");
        if (!outcome.IsAccepted)
        {
            await RefuseAsync(context, outcome);
        }
        else if (sessions.Open(login.User!, () => users!.Edition == edition) is not var (session, token))
        {
            await ApiAnswer.RefuseAsync(context, StatusCodes.Status503ServiceUnavailable, "the users have changed meanwhile: try again", BusyPause);
        }
        else
        {
            sessions.Close(TokenOf(context.Request));
            users!.NoteSession(context.Connection.RemoteIpAddress, login.User!);
            context.Response.Cookies.Append(NameCookie(context), token, CookieOf(context));
            await AnswerAsync(context, session);
        }
    }

    private Task RefuseAsync(HttpContext context, LoginOutcome outcome) => outcome switch
    {
        { IsBusy: true } => ApiAnswer.RefuseAsync(context, StatusCodes.Status503ServiceUnavailable, "too many log in at once: try again", BusyPause),
        { Wait: var wait } when wait > TimeSpan.Zero => ApiAnswer.RefuseAsync(context, StatusCodes.Status429TooManyRequests, TooManyTries, wait),
        _ => ApiAnswer.RefuseAsync(
            context,
            StatusCodes.Status401Unauthorized,
            users is null ? "through a proxy one has to log in, and there are no users: make a file with 'gateway passwd FILE USER' and name it in 'users' of 'web'" : "the user is not known, or the password is wrong"),
    };

    private Task<LoginOutcome> TryAsync(HttpContext context, string user, string password) =>
        users?.TryAsync(context.Connection.RemoteIpAddress, user, password, context.RequestAborted) ?? Task.FromResult(new LoginOutcome(IsAccepted: false));

    // Most proxies say for whom they ask; then a request from this machine is none.
    private bool NeedsLogIn(HttpRequest request) =>
        needsLogIn
        || request.Headers.Keys.Any(name => name.Equals("Forwarded", StringComparison.OrdinalIgnoreCase)
            || name.Equals("X-Real-IP", StringComparison.OrdinalIgnoreCase)
            || name.StartsWith("X-Forwarded-", StringComparison.OrdinalIgnoreCase));

    private WebSession? Find(HttpRequest request) => NeedsLogIn(request) ? sessions.Find(TokenOf(request)) : sessions.Anonymous;

    private Task AnswerAsync(HttpContext context, WebSession? session) =>
        ApiAnswer.WriteAsync(context, new SessionDocument(NeedsLogIn(context.Request), session?.User, session?.CsrfToken), StatusJson.Readable.SessionDocument);

    /// <summary>Why a request was let in.</summary>
    /// <param name="User">Who is logged in; null: nobody needs to be.</param>
    /// <param name="IsValid">Whether that still holds.</param>
    private sealed record Admission(string? User, Func<bool> IsValid);
}

/// <summary>What somebody logs in with.</summary>
/// <param name="User">The user.</param>
/// <param name="Password">The password.</param>
internal sealed record LoginDocument(string? User, string? Password);

/// <summary>What the page knows of its visitor.</summary>
/// <param name="Needed">Whether log-in is needed here.</param>
/// <param name="User">Who is logged in; null: nobody.</param>
/// <param name="Csrf">The token that changing requests show; null until somebody is logged in.</param>
internal sealed record SessionDocument(bool Needed, string? User, string? Csrf);
