namespace Gateway.Hosting;

/// <summary>
/// Keeps a second service away from a data folder. The kernel's lock on the file goes with the process, however it ends.
/// </summary>
internal sealed class InstanceLock : IDisposable
{
    private const string FileName = "gateway.lock";
    private const int WouldBlock = 11; // EWOULDBLOCK

    private readonly FileStream? _file;

    private InstanceLock(FileStream? file) => _file = file;

    /// <summary>Takes the lock, and makes the folder if it is not there.</summary>
    /// <exception cref="DataFolderException">Another service has the lock, or the folder cannot be written.</exception>
    public static InstanceLock Take(string dataFolder)
    {
        var path = Path.Combine(dataFolder, FileName);
        try
        {
            Directory.CreateDirectory(dataFolder);
            return new InstanceLock(new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None));
        }
        catch (UnauthorizedAccessException exception)
        {
            throw new DataFolderException(
                $"the data folder {dataFolder} cannot be written: give this user the right to it, or name another one with 'data:' in gateway.yaml",
                exception);
        }
        catch (IOException exception) when (exception.HResult == WouldBlock)
        {
            throw InUse(dataFolder, exception);
        }
        catch (IOException exception) when (File.Exists(path))
        {
            throw new DataFolderException($"the data folder {dataFolder} cannot be written ({exception.Message.TrimEnd('.')})", exception);
        }
        catch (IOException exception)
        {
            throw new DataFolderException(
                $"the data folder {dataFolder} cannot be made ({exception.Message.TrimEnd('.')}): name another one with 'data:' in gateway.yaml",
                exception);
        }
    }

    /// <summary>
    /// The same for a service, which polls and publishes whatever its disk does: where the folder cannot be written it takes the lock on the file that is
    /// there, and goes without one if there is none.
    /// </summary>
    /// <param name="dataFolder">The folder.</param>
    /// <param name="trouble">What is wrong with it; null if nothing is.</param>
    /// <exception cref="DataFolderException">Another service has the lock.</exception>
    public static InstanceLock TakeWhateverTheDisk(string dataFolder, out string? trouble)
    {
        try
        {
            trouble = null;
            return Take(dataFolder);
        }
        catch (DataFolderException exception) when (exception.InnerException!.HResult != WouldBlock)
        {
            trouble = exception.Message;
        }

        try
        {
            return new InstanceLock(new FileStream(Path.Combine(dataFolder, FileName), FileMode.Open, FileAccess.Read, FileShare.None));
        }
        catch (IOException exception) when (exception.HResult == WouldBlock)
        {
            throw InUse(dataFolder, exception);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return new InstanceLock(null);
        }
    }

    public void Dispose() => _file?.Dispose();

    private static DataFolderException InUse(string dataFolder, IOException exception) =>
        new($"another gateway uses the data folder {dataFolder}: stop that one, or give this one its own with 'data:' in gateway.yaml", exception);
}
