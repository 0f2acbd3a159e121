using System.Text;
using System.Text.Json;
using Gateway.Storage;
using Microsoft.Extensions.Logging;

namespace Gateway.Runtime.Publishing;

/// <summary>
/// The file that says of which devices uplinks were told states, those included that are gone: brokers are told again at each start to forget these, since one may have
/// been away, and the local broker, which keeps what the gateway told, is minutes behind after a kill. Not thread-safe.
/// </summary>
/// <param name="path">The file.</param>
/// <param name="site">Whose devices they are: what another site's gateway tells, perhaps on another machine by now, is not this one's to clear.</param>
/// <param name="logger">Is told when it cannot be written.</param>
internal sealed class StateMemory(string path, string site, ILogger logger)
{
    // What has just gone is remembered first.
    private const int MostGone = 1000;

    private ToldStates _told = Read(path) is { } told && told.Site == site ? told : new ToldStates(site, [], []);

    /// <summary>The devices are these now.</summary>
    /// <param name="devices">All of them.</param>
    /// <param name="found">More that were told of once.</param>
    /// <returns>Those that are gone, whenever that was.</returns>
    public IReadOnlyList<string> Set(IReadOnlyCollection<string> devices, IEnumerable<string> found)
    {
        List<string> gone = [.. _told.Devices.Concat(found).Concat(_told.Gone).Except(devices).Take(MostGone)];
        var told = new ToldStates(site, [.. devices], gone);
        if (!told.Devices.SequenceEqual(_told.Devices) || !told.Gone.SequenceEqual(_told.Gone))
        {
            _told = told;
            Save();
        }

        return gone;
    }

    private void Save()
    {
        try
        {
            DurableFile.Replace(path, Encoding.UTF8.GetBytes(JsonSerializer.Serialize(_told)));
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            Log.StatesNotKept(logger, path, exception.Message.TrimEnd('.'));
        }
    }

    // What cannot be read is begun anew: then the local broker's memory is all there is.
    private static ToldStates? Read(string path)
    {
        try
        {
            return File.Exists(path) ? JsonSerializer.Deserialize<ToldStates>(File.ReadAllText(path)) is { Site: not null, Devices: not null, Gone: not null } told ? told : null : null;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or JsonException)
        {
            return null;
        }
    }

    private sealed record ToldStates(string Site, IReadOnlyList<string> Devices, IReadOnlyList<string> Gone);
}
