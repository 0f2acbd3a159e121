using System.Security.Cryptography;
using System.Text;

namespace Gateway.Web.Access;

/// <summary>Somebody's visit of the page, from log-in to log-out.</summary>
/// <param name="user">Who it is; null where nobody logs in.</param>
internal sealed class WebSession(string? user)
{
    private const int TokenBytes = 32;

    /// <summary>Who it is; null where nobody logs in.</summary>
    public string? User => user;

    /// <summary>What requests that change something have to show: pages elsewhere can send requests, and read nothing.</summary>
    public string CsrfToken { get; } = CreateToken();

    /// <summary>False once it has ended. Kept by <see cref="WebSessions"/>.</summary>
    public bool IsOpen { get; set; } = true;

    /// <summary>A token that nobody guesses.</summary>
    public static string CreateToken() => Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(TokenBytes));

    /// <summary>Whether a request shows the token. Takes as long whatever it shows.</summary>
    public bool Accepts(string? shown) =>
        CryptographicOperations.FixedTimeEquals(Encoding.UTF8.GetBytes(CsrfToken), Encoding.UTF8.GetBytes(shown ?? ""));
}
