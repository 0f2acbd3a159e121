using System.Net.Sockets;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Gateway.Hosting;

namespace Gateway.Commands;

/// <summary>Asks the running service through the socket in its data folder.</summary>
internal sealed class ServiceClient : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    private readonly HttpClient _http;

    public ServiceClient(string dataFolder)
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
        _http = new HttpClient(handler) { BaseAddress = new Uri("http://localhost"), Timeout = Patience };
    }

    /// <summary>Gets what is at a path of the service's API; null if no service runs.</summary>
    /// <exception cref="CommandException">There is a service, and it does not answer as it should.</exception>
    public async Task<T?> TryGetAsync<T>(string path, JsonTypeInfo<T> type, CancellationToken cancellationToken)
        where T : class
    {
        try
        {
            return await _http.GetFromJsonAsync(path, type, cancellationToken);
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
            throw CommandException.Failed($"the service did not answer within {Patience.TotalSeconds:0} s: look at its log", exception);
        }
    }

    public void Dispose() => _http.Dispose();
}
