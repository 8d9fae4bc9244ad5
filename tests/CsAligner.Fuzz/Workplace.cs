using System.Globalization;

namespace CsAligner.Fuzz;

/// <summary>
/// A folder that outlives the process that fuzzes: what ran when it ended, and what it had kept. A native library can end a process
/// without a word.
/// </summary>
internal sealed class Workplace : IDisposable
{
    private const string RunningFile = "running", KeptFolder = "kept", SpentFile = "spent";

    private readonly bool _owned;

    private Workplace(string folder, bool owned) => (Folder, _owned) = (folder, owned);

    public string Folder { get; }

    /// <summary>A new one; removed with all in it when it is disposed of.</summary>
    public static Workplace Create() => new(Directory.CreateTempSubdirectory("csalign-fuzz-").FullName, owned: true);

    /// <summary>One that another process made.</summary>
    public static Workplace At(string folder) => new(folder, owned: false);

    /// <summary>What the processes so far have taken of the processor.</summary>
    public TimeSpan Spent
    {
        get => File.Exists(Path.Combine(Folder, SpentFile))
            ? TimeSpan.FromTicks(long.Parse(File.ReadAllText(Path.Combine(Folder, SpentFile)), CultureInfo.InvariantCulture))
            : TimeSpan.Zero;
        set => File.WriteAllText(Path.Combine(Folder, SpentFile), value.Ticks.ToString(CultureInfo.InvariantCulture));
    }

    /// <summary>Where a target's files are put.</summary>
    public string FolderOf(FuzzTarget target) => Directory.CreateDirectory(Path.Combine(Folder, target.Name)).FullName;

    /// <summary>Says what is going to run; null when it has ended.</summary>
    public void SetRunning(FuzzTarget? target) => File.WriteAllText(Path.Combine(Folder, RunningFile), target?.Name ?? "");

    /// <summary>What ran when a process ended that did not say why.</summary>
    public FuzzInput? Ended(FuzzGroup group)
    {
        string path = Path.Combine(Folder, RunningFile);
        if (!File.Exists(path) || File.ReadAllText(path) is not { Length: > 0 } name) return null;
        FuzzTarget target = group.Target(name);
        SetRunning(null);
        return new FuzzInput(target, [.. target.Files.Select(file => File.ReadAllBytes(Path.Combine(FolderOf(target), file)))]);
    }

    /// <summary>Keeps an input for the process after this one.</summary>
    public void Keep(FuzzInput input) =>
        input.WriteTo(Directory.CreateDirectory(Path.Combine(Folder, KeptFolder, input.Target.Name, input.Id)).FullName);

    /// <summary>What the processes before this one kept, in no order.</summary>
    public IEnumerable<FuzzInput> Kept(FuzzGroup group)
    {
        foreach (FuzzTarget target in group.Targets)
        {
            string folder = Path.Combine(Folder, KeptFolder, target.Name);
            if (!Directory.Exists(folder)) continue;
            foreach (string input in Directory.GetDirectories(folder).Order(StringComparer.Ordinal))
                yield return new FuzzInput(target, [.. target.Files.Select(file => File.ReadAllBytes(Path.Combine(input, file)))]);
        }
    }

    public void Dispose()
    {
        if (_owned) Directory.Delete(Folder, recursive: true);
    }
}
