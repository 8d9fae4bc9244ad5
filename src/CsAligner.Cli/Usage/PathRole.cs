using CsAligner.Data.Packages;
using CsAligner.Studies.Encoders;
using CsAligner.Studies.Icons;
using CsAligner.Studies.Sessions;
using CsAligner.Tensors;

namespace CsAligner.Cli.Usage;

/// <summary>The role of a path on the command line, and its check before any work.</summary>
/// <param name="Expected">The expected input, for messages: "a .npy file or a feature-set folder".</param>
/// <param name="File">Whether a file will do.</param>
/// <param name="Folder">Whether a folder will do.</param>
internal sealed record PathRole(string Expected, bool File, bool Folder)
{
    // A folder of pictures may hold millions; the nearest name is a courtesy.
    private const int MostNeighbours = 10_000;

    private static readonly string[] Prefixes =
    [
        "list", "files", "coco", "karpathy", "tar", "images", "clip-retrieval", "features",
        .. CaptionedData.Named.Select(named => named.Name),
    ];

    /// <summary>Rows: features in a file or a folder.</summary>
    public static PathRole Rows { get; } = new("a .npy file or a feature-set folder", true, true) { Problem = ProblemOfRows };

    /// <summary>A feature-set folder.</summary>
    public static PathRole FeatureSetFolder { get; } = new("a feature-set folder", false, true);

    /// <summary>A .npy file of row numbers.</summary>
    public static PathRole Pairs { get; } = new("a .npy file of int64 row numbers", true, false) { Problem = ProblemOfNpy };

    /// <summary>A model by its folder, its file or its name.</summary>
    public static PathRole Model { get; } = new(
        $"the folder of a model (a CLIP in Hugging Face layout, or one in ONNX format), or one of {string.Join(", ", NamedModel.Encoders)}",
        true, true)
    {
        Names = NamedModel.Encoders,
    };

    /// <summary>A decoder's folder or name.</summary>
    public static PathRole Decoder { get; } =
        new($"a folder that csalign pretrain wrote, or {NamedModel.Decoder}", false, true) { Names = [NamedModel.Decoder] };

    /// <summary>The folder of a run of align.</summary>
    public static PathRole Run { get; } = new("a folder that csalign align wrote", false, true);

    /// <summary>An adapter's file, or the folder of a run.</summary>
    public static PathRole Adapter { get; } = new("an adapter that csalign align wrote, or the folder that it wrote", true, true);

    /// <summary>A folder of LoRA.</summary>
    public static PathRole LoraFolder { get; } = new("a folder with LoRA, as csalign align --lora or PEFT writes it", false, true);

    /// <summary>A picture.</summary>
    public static PathRole Picture { get; } = new("a picture file", true, false);

    /// <summary>Pictures, or their features.</summary>
    public static PathRole PicturesOrRows { get; } = new("a folder of pictures, a .npy file or a feature set", true, true)
    {
        Noun = "file or folder",
        Problem = ProblemOfRows,
    };

    /// <summary>A data set by its path, or after a prefix.</summary>
    public static PathRole DataSet { get; } =
        new("a data set: a folder, a list, captions of COCO, tar shards", true, true)
        {
            Names = [.. CaptionedData.Named.Where(named => named.IsWhole).Select(named => named.Name)],
            IsElsewhere = (option, value) => IsPattern(option, value, byName: true),
        };

    /// <summary>Pictures: a folder of them, or those of a data set.</summary>
    public static PathRole Pictures { get; } =
        new("a folder of pictures, or a data set with images", true, true)
        {
            IsElsewhere = (option, value) => IsPattern(option, value, byName: false),
        };

    /// <summary>A text file.</summary>
    public static PathRole TextFile { get; } = new("a text file", true, false);

    /// <summary>A folder of pictures.</summary>
    public static PathRole PictureFolder { get; } = new("a folder of pictures", false, true);

    /// <summary>A feature set or an index: a folder, or the address of a store.</summary>
    public static PathRole ServedIndex { get; } =
        new("a feature-set folder, the folder of an index, postgres://… or redis://…", false, true)
        {
            IsElsewhere = (_, value) => IsAddress(value),
        };

    /// <summary>Where an index goes.</summary>
    public static PathRole ServedIndexToWrite { get; } =
        new("a folder, postgres://… or redis://…", false, true) { IsElsewhere = (_, value) => IsAddress(value), IsWritten = true };

    /// <summary>A recipe.</summary>
    public static PathRole Recipe { get; } =
        new("a recipe, a JSON file", true, false) { Noun = "recipe", Hint = "recipes/ has the published ones" };

    /// <summary>A folder that is written, made where it is missing.</summary>
    public static PathRole OutputFolder { get; } = new("a folder to write to", false, true) { IsWritten = true };

    /// <summary>A file that is written.</summary>
    public static PathRole OutputFile { get; } = new("a file to write", true, false) { IsWritten = true };

    /// <summary>A file or a folder that is written, as the input has it.</summary>
    public static PathRole Output { get; } = new("a file or folder to write", true, true) { IsWritten = true };

    /// <summary>Names that stand for what ships or is fetched.</summary>
    public IReadOnlyList<string> Names { get; init; } = [];

    /// <summary>The noun for a missing path.</summary>
    public string? Noun { get; init; }

    /// <summary>The advice if no path has a similar name.</summary>
    public string Hint { get; init; } = "check the path";

    /// <summary>Whether it is written rather than read.</summary>
    public bool IsWritten { get; init; }

    private Func<string, string?>? Problem { get; init; }

    // Given the option and the value: whether it names no path, so that whoever opens it says what is wrong.
    private Func<string, string, bool>? IsElsewhere { get; init; }

    /// <summary>Checks a value.</summary>
    /// <param name="name">The option or argument.</param>
    /// <param name="path">Its value.</param>
    /// <exception cref="InputException">It is not what was expected.</exception>
    /// <exception cref="UsageException">It names nothing.</exception>
    public void Check(string name, string path)
    {
        bool isFile = System.IO.File.Exists(path), isFolder = Directory.Exists(path);
        if (isFile && !File) throw new InputException($"{Verb} '{path}': it is a file; {name} takes {Expected}");
        if (isFolder && !Folder) throw new InputException($"{Verb} '{path}': it is a folder; {name} takes {Expected}");
        if (IsWritten && IsElsewhere?.Invoke(name, path) == true) return;
        if (IsWritten)
        {
            if (FileAbove(path) is { } above)
                throw new InputException($"cannot write '{path}': '{above}' is a file, not a folder; give {name} another path");
        }
        else if (isFile || isFolder)
        {
            if (Problem?.Invoke(path) is { } problem) throw new InputException($"cannot read '{path}': {problem}; {name} takes {Expected}");
        }
        else if (!Names.Contains(path) && IsElsewhere?.Invoke(name, path) != true)
        {
            throw new InputException($"cannot read '{path}': there is no such {NounOf(path)}; {name} takes {Expected}; {Cure(path)}");
        }
    }

    private string NounOf(string path) => Noun ?? (File, Folder) switch
    {
        (true, true) => Path.HasExtension(path) ? "file or folder" : "folder or file",
        (true, false) => "file",
        _ => "folder",
    };

    private string Verb => IsWritten ? "cannot write" : "cannot read";

    private string Cure(string path)
    {
        string full = Path.GetFullPath(path).TrimEnd(Path.DirectorySeparatorChar);
        if (Suggestion.Nearest(path, Names) is { } known) return $"did you mean '{known}'?";
        string folder = Path.GetDirectoryName(full) ?? full;
        if (!Directory.Exists(folder))
            return Path.GetDirectoryName(path) is { Length: > 0 } given ? $"there is no folder '{given}' either; check the path" : Hint;
        try
        {
            IEnumerable<string> neighbours = (File, Folder) switch
            {
                (true, true) => Directory.EnumerateFileSystemEntries(folder),
                (true, false) => Directory.EnumerateFiles(folder),
                _ => Directory.EnumerateDirectories(folder),
            };
            string? near = Suggestion.Nearest(
                Path.GetFileName(full),
                neighbours.Take(MostNeighbours).Select(neighbour => Path.GetFileName(neighbour)).Order(StringComparer.Ordinal));
            return near is null ? Hint : $"did you mean '{Path.Combine(Path.GetDirectoryName(path) ?? "", near)}'?";
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            return Hint;
        }
    }

    private static string? FileAbove(string path)
    {
        for (string? above = Path.GetDirectoryName(path); above is { Length: > 0 }; above = Path.GetDirectoryName(above))
        {
            if (System.IO.File.Exists(above)) return above;
            if (Directory.Exists(above)) return null;
        }

        return null;
    }

    private static string? ProblemOfRows(string path) => Directory.Exists(path) ? null : ProblemOfNpy(path);

    // Checks only the first bytes for another format; the reader reports damage after them.
    private static string? ProblemOfNpy(string path)
    {
        ReadOnlySpan<byte> magic = [0x93, (byte)'N', (byte)'U', (byte)'M', (byte)'P', (byte)'Y'];
        Span<byte> first = stackalloc byte[magic.Length];
        try
        {
            using FileStream file = new(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, 1);
            int read = file.ReadAtLeast(first, first.Length, throwOnEndOfStream: false);
            return read > 0 && !magic.StartsWith(first[..read])
                ? "it is not a .npy file: it does not begin with the magic bytes of .npy"
                : null;
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    private static bool IsAddress(string value) => value.Contains("://", StringComparison.Ordinal);

    private static bool IsPattern(string option, string value, bool byName)
    {
        if (CaptionedData.Find(value) is { } named)
        {
            if (!byName) throw new UsageException($"{option} {value}: data sets that are known by name go with --data");
            named.Check(option, value);
            return true;
        }

        int colon = value.IndexOf(':', StringComparison.Ordinal);
        if (colon < 0) return value.AsSpan().ContainsAny('{', '*');
        (string prefix, string rest) = (value[..colon], value[(colon + 1)..]);
        if (!Prefixes.Contains(prefix))
        {
            string? near = Suggestion.Nearest(prefix, Prefixes);
            if (near is null) return value.AsSpan().ContainsAny('{', '*');
            throw new UsageException($"{option} {value}: there is no kind of data set '{prefix}:'; did you mean '{near}:'?");
        }

        if (string.IsNullOrWhiteSpace(rest)) throw new UsageException($"{option} {value}: nothing is named after '{prefix}:'");
        if (prefix is "list" or "coco") TextFile.Check(option, rest);
        // A colon in what files: names may come before a language.
        else if (prefix is "images" or "clip-retrieval" || (prefix == "files" && !rest.Contains(':'))) PictureFolder.Check(option, rest);
        return true;
    }
}
