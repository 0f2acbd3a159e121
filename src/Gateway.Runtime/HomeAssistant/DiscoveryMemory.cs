using System.Text;
using System.Text.Json;
using Gateway.Storage;

namespace Gateway.Runtime.HomeAssistant;

/// <summary>What a broker was told of devices, so that what is no longer there can be taken back after a restart, too.</summary>
internal sealed class ToldDevices
{
    /// <summary>The prefix of the topics.</summary>
    public string Prefix { get; set; } = "";

    /// <summary>Device → component → platform; a component that is gone stays for a while, so that it is taken back again.</summary>
    public Dictionary<string, Dictionary<string, string>> Devices { get; set; } = [];

    /// <summary>Topics of devices that are gone, and of other prefixes, the newest first.</summary>
    public IReadOnlyList<string> Cleared { get; set; } = [];

    /// <summary>The broker's first address, by which it is known when its uplink gets another name; empty: the local one.</summary>
    public string Url { get; set; } = "";
}

/// <summary>
/// The file that says what brokers were told of devices, those included that are gone: what takes them back is sent again at each start, since
/// a broker may have been away. Brokers that are no longer there are forgotten: nobody can reach them any more. Not thread-safe.
/// </summary>
/// <param name="path">The file.</param>
/// <param name="places">The brokers' names: local, or an uplink's, with their first addresses.</param>
internal sealed class DiscoveryMemory(string path, IReadOnlyDictionary<string, string> places)
{
    private Dictionary<string, ToldDevices>? _told;
    private string _saved = "";

    /// <summary>The file.</summary>
    public string Path => path;

    /// <summary>What a broker was told.</summary>
    /// <param name="place">The broker's name.</param>
    public ToldDevices? Find(string place) => (_told ??= Read()).GetValueOrDefault(place);

    /// <summary>A broker is told other devices.</summary>
    public void Set(string place, ToldDevices? told)
    {
        _told ??= Read();
        if (told is null)
        {
            _told.Remove(place);
        }
        else
        {
            told.Url = places[place];
            _told[place] = told;
        }
    }

    /// <summary>Writes it down, in one step, if it has changed. Throws <see cref="IOException"/> or <see cref="UnauthorizedAccessException"/>.</summary>
    public void Save()
    {
        var text = JsonSerializer.Serialize(_told ??= Read());
        if (text == _saved || (_told.Count == 0 && !File.Exists(path)))
        {
            return;
        }

        DurableFile.Replace(path, Encoding.UTF8.GetBytes(text));
        _saved = text;
    }

    // What cannot be read is begun anew: then somebody clears what is left over by hand.
    private Dictionary<string, ToldDevices> Read()
    {
        try
        {
            _saved = File.Exists(path) ? File.ReadAllText(path) : "";
            return _saved.Length > 0 ? Adopt(JsonSerializer.Deserialize<Dictionary<string, ToldDevices>>(_saved) ?? []) : [];
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or JsonException)
        {
            return [];
        }
    }

    // By name, else by address.
    private Dictionary<string, ToldDevices> Adopt(Dictionary<string, ToldDevices> saved)
    {
        var told = new Dictionary<string, ToldDevices>();
        foreach (var (place, url) in places)
        {
            var found = saved.GetValueOrDefault(place) ?? saved.FirstOrDefault(entry => url.Length > 0 && !places.ContainsKey(entry.Key) && entry.Value.Url == url).Value;
            if (found is not null)
            {
                told[place] = found;
            }
        }

        return told;
    }
}
