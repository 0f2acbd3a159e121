using Gateway.Abstractions.Drivers;
using Gateway.Hosting;

namespace Gateway.Web.Setup;

/// <summary><c>/api/setup</c>: the first configuration and map from a few answers, where there is none yet. Nothing that is there is overwritten.</summary>
/// <param name="drivers">The drivers that maps may name.</param>
/// <param name="configurationPath">Where the configuration will be.</param>
/// <param name="dataFolder">Where the service keeps its state.</param>
/// <param name="isPolling">Whether something is polled: then the gateway does its work without a configuration, and is not new.</param>
internal sealed class SetupGuide(IReadOnlyList<IDriver> drivers, string configurationPath, string dataFolder, Func<bool> isPolling)
{
    /// <summary>Tells whether it is due.</summary>
    public Task ReadAsync(HttpContext context)
    {
        var isNeeded = !isPolling() && !FirstConfiguration.IsWritten(configurationPath);
        var path = Path.GetFullPath(configurationPath);
        var state = new SetupState(isNeeded, Environment.MachineName, path, CanWrite: isNeeded && FirstConfiguration.CanWriteBeside(path));
        return ApiAnswer.WriteAsync(context, state, StatusJson.Readable.SetupState);
    }

    /// <summary>Shows what the answers make, and writes it if that is asked for and nothing is wrong.</summary>
    public async Task AnswerAsync(HttpContext context)
    {
        if (await ApiAnswer.ReadAsync(context, StatusJson.Readable.SetupRequest) is not { } request)
        {
            return;
        }

        // Where state cannot be kept, a service that is started anew for another place is better than one that loses it.
        var keepsData = dataFolder == DataFolder.Default && FirstConfiguration.CanWriteBeside(DataFolder.SocketPath(dataFolder));
        var first = FirstConfiguration.Compose(request.ToAnswers(), configurationPath, keepsData);
        var problems = first.Check(drivers).Select(found => found.ToString()).ToList();
        try
        {
            if (request.Write && problems.Count == 0)
            {
                first.Write();
            }
        }
        catch (FirstConfigurationException exception)
        {
            await ApiAnswer.RefuseAsync(context, StatusCodes.Status422UnprocessableEntity, exception.Message);
            return;
        }

        List<SetupFile> files = [new SetupFile(first.ConfigurationPath, first.Configuration)];
        if (first is { MapPath: { } path, Map: { } map })
        {
            files.Add(new SetupFile(path, map));
        }

        await ApiAnswer.WriteAsync(context, new SetupResult(files, problems), StatusJson.Readable.SetupResult);
    }
}

/// <summary>Whether there is something to set up.</summary>
/// <param name="Needed">Whether there is no configuration yet, and nothing is polled without one.</param>
/// <param name="Site">What the site may be called.</param>
/// <param name="Configuration">Where the configuration will be.</param>
/// <param name="CanWrite">Whether the gateway itself may write it there.</param>
internal sealed record SetupState(bool Needed, string Site, string Configuration, bool CanWrite);

/// <summary>A file as it will be.</summary>
/// <param name="Path">Where.</param>
/// <param name="Text">What it says; a password has a file of its own, which is not shown.</param>
internal sealed record SetupFile(string Path, string Text);

/// <summary>What the answers make.</summary>
/// <param name="Files">The files.</param>
/// <param name="Problems">What is wrong with them; while something is, nothing is written.</param>
internal sealed record SetupResult(IReadOnlyList<SetupFile> Files, IReadOnlyList<string> Problems);
