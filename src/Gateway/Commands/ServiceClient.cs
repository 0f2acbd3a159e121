using System.Net.Sockets;
using System.Runtime.CompilerServices;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Gateway.Hosting;
using Gateway.Web;

namespace Gateway.Commands;

/// <summary>Asks the running service through the socket in its data folder.</summary>
internal sealed class ServiceClient : IDisposable
{
    private static readonly TimeSpan StandardPatience = TimeSpan.FromSeconds(10);

    private readonly HttpClient _http;

    /// <param name="dataFolder">The service's data folder.</param>
    /// <param name="patience">How long an answer may take; null: 10 s.</param>
    public ServiceClient(string dataFolder, TimeSpan? patience = null)
    {
        var endPoint = new UnixDomainSocketEndPoint(DataFolder.SocketPath(dataFolder));
        var handler = new SocketsHttpHandler
        {
            ConnectCallback = async (_, cancellationToken) =>
            {
                var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
                try
                {
                    await socket.ConnectAsync(endPoint, cancellationToken);
                    return new NetworkStream(socket, ownsSocket: true);
                }
                catch
                {
                    socket.Dispose();
                    throw;
                }
            },
        };
        _http = new HttpClient(handler) { BaseAddress = new Uri("http://localhost"), Timeout = patience ?? StandardPatience };
    }

    /// <summary>Gets what is at a path of the service's API; null if no service runs.</summary>
    /// <exception cref="CommandException">There is a service, and it refuses, or does not answer as it should.</exception>
    public Task<T?> TryGetAsync<T>(string path, JsonTypeInfo<T> type, CancellationToken cancellationToken)
        where T : class => TrySendAsync(HttpMethod.Get, path, null, type, cancellationToken);

    /// <summary>Puts a text to a path of the service's API and gives the answer; null if no service runs.</summary>
    /// <exception cref="CommandException">There is a service, and it refuses, or does not answer as it should.</exception>
    public Task<T?> TryPutAsync<T>(string path, string body, JsonTypeInfo<T> type, CancellationToken cancellationToken)
        where T : class => TrySendAsync(HttpMethod.Put, path, body, type, cancellationToken);

    /// <summary>Reads what is at a path of the service's API line by line; ends when the service does.</summary>
    public async IAsyncEnumerable<T> FollowAsync<T>(string path, JsonTypeInfo<T> type, [EnumeratorCancellation] CancellationToken cancellationToken)
        where T : class
    {
        using var response = await _http.GetAsync(path, HttpCompletionOption.ResponseHeadersRead, cancellationToken);
        if (!response.IsSuccessStatusCode)
        {
            throw CommandException.Failed((await response.Content.ReadFromJsonAsync(StatusJson.Readable.Refusal, cancellationToken))!.Error);
        }

        using var reader = new StreamReader(await response.Content.ReadAsStreamAsync(cancellationToken));
        while (await NextLineAsync(reader, cancellationToken) is { } line)
        {
            yield return JsonSerializer.Deserialize(line, type)!;
        }
    }

    private static async Task<string?> NextLineAsync(StreamReader reader, CancellationToken cancellationToken)
    {
        try
        {
            return await reader.ReadLineAsync(cancellationToken);
        }
        catch (Exception exception) when (exception is IOException or HttpRequestException)
        {
            return null; // killed
        }
    }

    private async Task<T?> TrySendAsync<T>(HttpMethod method, string path, string? body, JsonTypeInfo<T> type, CancellationToken cancellationToken)
        where T : class
    {
        try
        {
            using var request = new HttpRequestMessage(method, path) { Content = body is null ? null : new StringContent(body) };
            using var response = await _http.SendAsync(request, cancellationToken);
            if (!response.IsSuccessStatusCode && response.Content.Headers.ContentType?.MediaType == "application/json")
            {
                throw CommandException.Failed((await response.Content.ReadFromJsonAsync(StatusJson.Readable.Refusal, cancellationToken))!.Error);
            }

            return await response.EnsureSuccessStatusCode().Content.ReadFromJsonAsync(type, cancellationToken);
        }
        catch (HttpRequestException exception) when (exception.InnerException is SocketException { SocketErrorCode: SocketError.AccessDenied })
        {
            throw CommandException.Failed("the service runs as another user: ask as that user, or with sudo", exception);
        }
        catch (HttpRequestException exception) when (exception.InnerException is SocketException)
        {
            return null;
        }
        catch (Exception exception) when (exception is HttpRequestException or JsonException)
        {
            throw CommandException.Failed($"the service answers in a form that this version does not know ({exception.Message.TrimEnd('.')}): restart it after the update", exception);
        }
        catch (TaskCanceledException exception) when (!cancellationToken.IsCancellationRequested)
        {
            throw CommandException.Failed($"the service did not answer within {_http.Timeout.TotalSeconds:0} s: look at its log", exception);
        }
    }

    public void Dispose() => _http.Dispose();
}
