using System.Net;
using System.Text;

namespace Gateway.Tests.Web;

public sealed class PageAssetsTests
{
    private static readonly (string Name, byte[] Content)[] Files =
    [
        ("index.html", "<!DOCTYPE html>"u8.ToArray()),
        ("app.js", "let plain = 1"u8.ToArray()),
        ("app.js.gz", "zipped"u8.ToArray()),
        ("app.js.br", "brotli"u8.ToArray()),
        ("parts/app.css", ":root{}"u8.ToArray()),
    ];

    [Theory]
    [InlineData("/", "text/html; charset=utf-8", "<!DOCTYPE html>")]
    [InlineData("/index.html", "text/html; charset=utf-8", "<!DOCTYPE html>")]
    [InlineData("/app.js", "text/javascript; charset=utf-8", "let plain = 1")]
    [InlineData("/parts/app.css", "text/css; charset=utf-8", ":root{}")]
    public async Task Serves_what_is_embedded(string path, string type, string content)
    {
        await using var page = await PageFixture.StartAsync(files: Files);

        using var response = await page.SendAsync(HttpMethod.Get, path);

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Equal(type, response.Content.Headers.ContentType!.ToString());
        Assert.Equal(content, await response.Content.ReadAsStringAsync());
    }

    [Fact]
    public async Task Every_answer_keeps_foreign_content_and_inline_scripts_out()
    {
        await using var page = await PageFixture.StartAsync(files: Files);

        foreach (var path in new[] { "/", "/api/status", "/nowhere" })
        {
            using var response = await page.SendAsync(HttpMethod.Get, path);

            Assert.Equal(
                "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
                response.Headers.GetValues("Content-Security-Policy").Single());
            Assert.Equal("nosniff", response.Headers.GetValues("X-Content-Type-Options").Single());
            Assert.Equal("no-referrer", response.Headers.GetValues("Referrer-Policy").Single());
        }
    }

    [Theory]
    [InlineData("gzip, deflate, br", "br", "brotli")]
    [InlineData("gzip", "gzip", "zipped")]
    [InlineData("br;q=0, gzip", "gzip", "zipped")]
    [InlineData("identity", null, "let plain = 1")]
    public async Task Takes_the_smallest_form_that_the_browser_understands(string accepted, string? encoding, string content)
    {
        await using var page = await PageFixture.StartAsync(files: Files);

        using var response = await page.SendAsync(HttpMethod.Get, "/app.js", null, null, ("Accept-Encoding", accepted));

        Assert.Equal(encoding is null ? [] : [encoding], response.Content.Headers.ContentEncoding);
        Assert.Equal(content, await response.Content.ReadAsStringAsync());
        Assert.Contains("Accept-Encoding", response.Headers.Vary);
    }

    [Fact]
    public async Task What_the_browser_has_is_not_sent_again()
    {
        await using var page = await PageFixture.StartAsync(files: Files);
        using var first = await page.SendAsync(HttpMethod.Get, "/app.js");

        using var second = await page.SendAsync(HttpMethod.Get, "/app.js", null, null, ("If-None-Match", first.Headers.ETag!.ToString()));
        using var other = await page.SendAsync(HttpMethod.Get, "/app.js", null, null, ("If-None-Match", first.Headers.ETag.ToString()), ("Accept-Encoding", "br"));

        Assert.Equal(HttpStatusCode.NotModified, second.StatusCode);
        Assert.Empty(await second.Content.ReadAsByteArrayAsync());
        Assert.Equal(HttpStatusCode.OK, other.StatusCode);
    }

    [Theory]
    [InlineData("/../gateway.yaml")]
    [InlineData("/..%2f..%2fetc/passwd")]
    [InlineData("/%2e%2e/%2e%2e/etc/passwd")]
    [InlineData("/parts/..%5c..%5cpage.css")]
    [InlineData("//etc/passwd")]
    [InlineData("/app.js.br")]
    [InlineData("/app.js%00.html")]
    [InlineData("/page/app.js")]
    public async Task Nothing_else_is_reached_by_a_path(string path)
    {
        await using var page = await PageFixture.StartAsync(files: Files);

        // A client would tidy the path up.
        var answer = await RawHttp.SendAsync(page.Http.BaseAddress!, $"GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");

        Assert.Matches("^HTTP/1.1 40[04] ", answer);
    }

    [Fact]
    public async Task A_name_of_somebody_else_that_leads_here_is_refused()
    {
        await using var page = await PageFixture.StartAsync(files: Files);

        using var response = await page.SendAsync(HttpMethod.Get, "/api/status", null, null, ("Host", "rebound.example"));

        Assert.Equal(HttpStatusCode.MisdirectedRequest, response.StatusCode);
        Assert.DoesNotContain("plant1", await response.Content.ReadAsStringAsync(), StringComparison.Ordinal);
    }
}

/// <summary>HTTP as it goes over the wire.</summary>
internal static class RawHttp
{
    /// <summary>Sends a text and gives all that comes back until the server closes.</summary>
    public static async Task<string> SendAsync(Uri server, string text)
    {
        using var client = new System.Net.Sockets.TcpClient();
        await client.ConnectAsync(server.Host, server.Port);
        var stream = client.GetStream();
        await stream.WriteAsync(Encoding.ASCII.GetBytes(text));
        using var reader = new StreamReader(stream);
        return await reader.ReadToEndAsync();
    }
}
