using System.Net;
using System.Text;
using System.Text.Json;
using Gateway.TestSupport;
using Gateway.Web.Access;
using Gateway.Web.Live;
using Microsoft.Extensions.Logging;

namespace Gateway.Tests.Web;

public sealed class LiveStreamsTests
{
    [Fact]
    public async Task Begins_with_all_there_is_and_tells_what_changes()
    {
        await using var page = await PageFixture.StartAsync();
        var logger = page.Log.CreateLogger("x");
        logger.Log(LogLevel.Information, default, "first", null, (state, _) => state);

        await using var stream = await EventStream.OpenAsync(page.Http);
        Assert.Equal("text/event-stream", stream.ContentType);
        Assert.Equal(0, (await stream.ReadAsync("all")).GetArrayLength()); // nothing is polled
        var status = await stream.ReadAsync("status");
        var lines = await stream.ReadAsync("log");
        page.Source.Status = page.Source.Status with { Suppressed = 77 };
        var changed = await stream.ReadAsync("status");
        logger.Log(LogLevel.Error, default, "second", null, (state, _) => state);
        var more = await stream.ReadAsync("log");

        Assert.Equal("plant1", status.GetProperty("site").GetString());
        Assert.Equal(0, status.GetProperty("buses")[0].GetProperty("devices")[0].GetProperty("points").GetArrayLength());
        Assert.Equal(["first"], lines.EnumerateArray().Select(line => line.GetProperty("text").GetString()));
        Assert.Equal(77, changed.GetProperty("suppressed").GetInt64());
        Assert.Equal(["second"], more.EnumerateArray().Select(line => line.GetProperty("text").GetString()));
        Assert.Equal("error", more[0].GetProperty("level").GetString());
    }

    [Fact]
    public async Task Followers_are_bounded_and_one_that_goes_makes_room()
    {
        await using var page = await PageFixture.StartAsync();
        var streams = new List<EventStream>();
        for (var i = 0; i < LiveStreams.Most; i++)
        {
            streams.Add(await EventStream.OpenAsync(page.Http));
            await streams[^1].ReadAsync("all");
        }

        using var refused = await page.SendAsync(HttpMethod.Get, "/api/live");
        await streams[0].DisposeAsync();
        await Eventually.TrueAsync(async () =>
        {
            using var response = await page.SendAsync(HttpMethod.Get, "/api/live");
            return response.StatusCode == HttpStatusCode.OK;
        });

        Assert.Equal(HttpStatusCode.ServiceUnavailable, refused.StatusCode);
        foreach (var stream in streams)
        {
            await stream.DisposeAsync();
        }
    }

    [Fact]
    public async Task A_follower_that_takes_nothing_holds_up_nobody()
    {
        await using var page = await PageFixture.StartAsync();
        using var stuck = new System.Net.Sockets.TcpClient { ReceiveBufferSize = 4096 };
        await stuck.ConnectAsync(page.Http.BaseAddress!.Host, page.Http.BaseAddress.Port);
        await stuck.GetStream().WriteAsync("GET /api/live HTTP/1.1\r\nHost: localhost\r\n\r\n"u8.ToArray());
        await using var lively = await EventStream.OpenAsync(page.Http);
        await lively.ReadAsync("log", () => page.Log.CreateLogger("x").Log(LogLevel.Information, default, "first", null, (state, _) => state));
        var logger = page.Log.CreateLogger("x");
        var text = new string('a', 2_000);

        // Some 2 MB each round, more than any buffer between the two takes.
        for (var round = 0; round < 20; round++)
        {
            for (var i = 0; i < LogRing.Capacity; i++)
            {
                logger.Log(LogLevel.Information, default, text, null, (state, _) => state);
            }

            Assert.NotEqual(0, (await lively.ReadAsync("log")).GetArrayLength());
        }
    }

    [Fact]
    public async Task The_stream_ends_with_the_session()
    {
        await using var page = await PageFixture.StartAsync(needsLogIn: true);
        using var login = await page.LogInAsync();
        await using var stream = await EventStream.OpenAsync(page.Http);
        await stream.ReadAsync("status");

        page.Dashboard.Sessions.CloseAll();
        page.Source.Status = page.Source.Status with { Suppressed = 77 };

        Assert.True(await stream.EndsAsync());
    }

    [Fact]
    public async Task The_stream_ends_whole_when_the_service_does()
    {
        await using var page = await PageFixture.StartAsync();
        await using var stream = await EventStream.OpenAsync(page.Http);
        await stream.ReadAsync("status");

        await page.StopAsync();

        Assert.True(await stream.EndsAsync());
    }

    [Fact]
    public async Task The_stream_of_a_program_ends_with_its_password()
    {
        await using var page = await PageFixture.StartAsync(needsLogIn: true);
        page.Http.DefaultRequestHeaders.Authorization = new("Basic", Convert.ToBase64String(Encoding.UTF8.GetBytes($"{PageFixture.User}:{PageFixture.Password}")));
        await using var stream = await EventStream.OpenAsync(page.Http);
        await stream.ReadAsync("status");

        page.SetPassword("battery staple");
        page.Dashboard.Users!.Reload();

        Assert.True(await stream.EndsAsync());
    }

    [Fact]
    public async Task The_stream_does_not_count_as_a_use_of_the_session()
    {
        var time = new ManualTimeProvider();
        await using var page = await PageFixture.StartAsync(needsLogIn: true, time);
        using var login = await page.LogInAsync();
        await using var stream = await EventStream.OpenAsync(page.Http);
        var suppressed = 0;
        for (var passed = TimeSpan.Zero; passed < WebSessions.IdleTime; passed += TimeSpan.FromMinutes(20))
        {
            await stream.ReadAsync("status");
            page.Source.Status = page.Source.Status with { Suppressed = ++suppressed };
            await Eventually.TrueAsync(() => time.ArmedTimers > 1); // the pace of the stream beside that of the charts
            time.Advance(TimeSpan.FromMinutes(20));
        }

        Assert.True(await stream.EndsAsync());
    }
}

/// <summary>Reads server-sent events.</summary>
internal sealed class EventStream : IAsyncDisposable
{
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(60);

    private readonly HttpResponseMessage _response;
    private readonly StreamReader _reader;

    private EventStream(HttpResponseMessage response, Stream stream) => (_response, _reader) = (response, new StreamReader(stream));

    public string? ContentType => _response.Content.Headers.ContentType?.MediaType;

    public static async Task<EventStream> OpenAsync(HttpClient http)
    {
        var response = await http.GetAsync(new Uri("/api/live", UriKind.Relative), HttpCompletionOption.ResponseHeadersRead);
        return new EventStream(response.EnsureSuccessStatusCode(), await response.Content.ReadAsStreamAsync());
    }

    /// <summary>The data of the next event of a kind; others before it are skipped.</summary>
    public async Task<JsonElement> ReadAsync(string kind, Action? cause = null)
    {
        cause?.Invoke();
        using var deadline = new CancellationTokenSource(Deadline);
        while (await _reader.ReadLineAsync(deadline.Token) is { } line)
        {
            if (line == $"event: {kind}" && await _reader.ReadLineAsync(deadline.Token) is { } data)
            {
                return JsonDocument.Parse(data["data: ".Length..]).RootElement;
            }
        }

        throw new InvalidOperationException($"The stream ended before '{kind}'.");
    }

    /// <summary>Whether the server ends the stream.</summary>
    public async Task<bool> EndsAsync()
    {
        using var deadline = new CancellationTokenSource(Deadline);
        while (await _reader.ReadLineAsync(deadline.Token) is not null)
        {
        }

        return true;
    }

    public ValueTask DisposeAsync()
    {
        _reader.Dispose();
        _response.Dispose();
        return ValueTask.CompletedTask;
    }
}
