using Gateway.Linux.Timing;
using Gateway.Web;

namespace Gateway.Commands.Doctor;

/// <summary>The machine: its clock, its disk, its power.</summary>
internal static class MachineExamination
{
    private const long LittleRoom = 200_000_000;

    public static IEnumerable<Finding> Examine(Patient patient)
    {
        yield return ExamineClock(patient);
        yield return ExamineFolder(patient);
        if (ExamineDisk(patient) is { } disk)
        {
            yield return disk;
        }

        if (HasUndervoltage(patient))
        {
            yield return new("power", Verdict.Wrong, "the board's supply voltage is too low, or was since it started", "use a power supply that is made for the board, and a short cable");
        }
    }

    private static Finding ExamineClock(Patient patient) =>
        patient.Configuration.Options?.IsClockTrusted == true || new SystemClock(patient.TimeProvider).IsSynchronised()
            ? Finding.Fine("clock", $"{patient.TimeProvider.GetUtcNow():yyyy-MM-dd HH:mm:ss} UTC is believed")
            : new("clock", Verdict.Doubtful, "the clock is not synchronised: readings are marked until it is", "look at 'timedatectl': NTP needs the network; a machine without one needs a battery-backed clock, or 'clock: trusted'");

    private static Finding ExamineFolder(Patient patient)
    {
        if (!Directory.Exists(patient.DataFolder))
        {
            return new("data", Verdict.Doubtful, $"the data folder {patient.DataFolder} is not there yet", "the service makes it at its first start, if it may");
        }

        try
        {
            var trial = Path.Combine(patient.DataFolder, $".doctor-{Environment.ProcessId}");
            File.Create(trial, bufferSize: 1, FileOptions.DeleteOnClose).Dispose();
            return Finding.Fine("data", $"{patient.DataFolder} can be written to");
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return new("data", Verdict.Wrong, $"{Environment.UserName} cannot write to {patient.DataFolder}: {exception.Message.TrimEnd('.')}", "ask as the service does: sudo -u gateway gateway doctor; if it is wrong then, too: chown -R gateway: " + patient.DataFolder);
        }
    }

    private static Finding? ExamineDisk(Patient patient)
    {
        var folder = patient.DataFolder;
        while (!Directory.Exists(folder))
        {
            folder = Path.GetDirectoryName(folder)!;
        }

        var disk = new DriveInfo(folder);
        var keepFree = patient.Configuration.Options?.Queue.KeepFreeBytes ?? 0;
        var free = $"{StatusText.Size(disk.AvailableFreeSpace)} are free on the disk of {patient.DataFolder}";
        return disk.AvailableFreeSpace < keepFree ? new("disk", Verdict.Wrong, $"{free}, less than 'keep-free' leaves to the system: the queue does not grow", "make room, or move 'data' to another disk; the service may write there after 'systemctl edit gateway' with [Service] and ReadWritePaths=FOLDER")
            : disk.AvailableFreeSpace < LittleRoom + keepFree ? new("disk", Verdict.Doubtful, free, "make room: an outage of the uplink fills the queue")
            : disk.DriveFormat is "tmpfs" or "ramfs" ? new("disk", Verdict.Doubtful, $"{patient.DataFolder} is in memory ({disk.DriveFormat}): what waits is lost when the machine stops", "let 'data' name a folder on a disk; the service may write there after 'systemctl edit gateway' with [Service] and ReadWritePaths=FOLDER")
            : disk.DriveFormat is "overlay" or "overlayfs" ? new("disk", Verdict.Doubtful, $"{patient.DataFolder} is on an overlay: where that keeps changes in memory, as raspi-config's does, what waits is lost when the machine stops", "let 'data' name a folder on a disk that is not overlaid; the service may write there after 'systemctl edit gateway' with [Service] and ReadWritePaths=FOLDER")
            : Finding.Fine("disk", free);
    }

    // The driver rpi_volt of the Raspberry Pi's kernel.
    private static bool HasUndervoltage(Patient patient)
    {
        var monitors = patient.At("sys/class/hwmon");
        return Directory.Exists(monitors) && Directory.EnumerateDirectories(monitors).Any(monitor =>
            ReadText(Path.Combine(monitor, "name")) == "rpi_volt" && ReadText(Path.Combine(monitor, "in0_lcrit_alarm")) == "1");
    }

    private static string? ReadText(string path)
    {
        try
        {
            return File.ReadAllText(path).Trim();
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }
}
