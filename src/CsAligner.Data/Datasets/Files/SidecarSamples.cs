using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using CsAligner.Data.Datasets.Samples;
using CsAligner.Data.Disk;
using CsAligner.Data.Languages;
using CsAligner.Tensors;
using CsAligner.Tensors.Formats;

namespace CsAligner.Data.Datasets.Files;

/// <summary>
/// Pictures of a folder with captions in files beside them (<see cref="SidecarFiles"/>). In memory are the paths of the pictures and a
/// number for each; pictures and captions are read when they are asked for.
/// </summary>
internal sealed class SidecarSamples : SampleSource
{
    // More than any caption has; a caption file is no book.
    private const int MaxTextBytes = 1 << 20;

    private const int MostLanguagesNamed = 20;

    private readonly string _folder;
    private readonly string? _language;
    private readonly TextStore _paths = new();
    private readonly List<string> _suffixes = [];

    // For each picture, which suffix its captions have, or -1; and whether img2dataset's .json is beside it.
    private readonly ChunkedList<(int Suffix, bool HasJson)> _captions = new();

    private SidecarSamples(string name, string folder, string? language) => (Name, _folder, _language) = (name, folder, language);

    /// <inheritdoc/>
    public override string Name { get; }

    /// <inheritdoc/>
    public override bool HasImages => true;

    /// <inheritdoc/>
    public override bool HasCaptions => true;

    /// <inheritdoc/>
    public override int Parts => _paths.Count;

    /// <inheritdoc/>
    public override long Count => _paths.Count;

    /// <inheritdoc/>
    public override string Fingerprint => field ??= MakeFingerprint();

    /// <summary>Opens <c>files:FOLDER</c> or <c>files:FOLDER:LANG</c>.</summary>
    /// <param name="name">The whole name.</param>
    /// <param name="path">What follows the prefix.</param>
    /// <exception cref="InputException">There is no such folder; it has no captions, or none in the language; it has several languages
    /// and none is named.</exception>
    public static SidecarSamples Open(string name, string path)
    {
        (string folder, string? language) = Divide(path);
        if (!Directory.Exists(folder))
            throw new InputException($"cannot read captioned images of '{folder}': " + (File.Exists(folder)
                ? "it is a file; expected a folder of images with captions beside them"
                : "there is no such folder; check the path"));
        return TryOpen(name, folder, language) ?? throw new InputException(
            $"cannot read captioned images of '{folder}': no image has a caption beside it (x.txt, x.caption or x.json beside x.jpg, "
                + $"x.LANG.txt in several languages); for images alone, give images:{folder}");
    }

    /// <summary>The folder, and the language if one is named.</summary>
    private static (string Folder, string? Language) Divide(string path)
    {
        int colon = path.LastIndexOf(':');
        return colon > 0 && !Directory.Exists(path) && LanguageTags.IsTag(path[(colon + 1)..])
            ? (path[..colon], path[(colon + 1)..])
            : (path, null);
    }

    /// <summary>Opens a folder; null if no picture of it has a caption beside it.</summary>
    public static SidecarSamples? TryOpen(string name, string folder, string? language = null)
    {
        var pictures = SidecarFiles.Find(folder).ToArray();
        var counts = new SortedDictionary<string, int>(StringComparer.Ordinal);
        foreach (string found in pictures.SelectMany(picture => picture.Captions.Select(file => file.Language).Distinct()))
            counts[found] = counts.GetValueOrDefault(found) + 1;
        if (counts.Count == 0) return null;
        string chosen = Choose(folder, [.. counts.Keys], language);
        var samples = new SidecarSamples(name, folder, chosen.Length > 0 ? chosen : null);
        foreach (var (picture, captions) in pictures) samples.Add(picture, captions, chosen);
        return samples;
    }

    /// <inheritdoc/>
    public override int PartsFor(int samples) => samples;

    /// <inheritdoc/>
    public override IEnumerable<SampleEntry> ReadPart(int part) => [new Entry(this, part)];

    private static string Choose(string folder, string[] there, string? wanted)
    {
        string[] languages = [.. there.Where(language => language.Length > 0)];
        string named = string.Join(", ", languages.Take(MostLanguagesNamed)) + (languages.Length > MostLanguagesNamed ? ", …" : "");
        if (wanted is not null)
        {
            return LanguageTags.Find(wanted, languages) ?? throw new InputException(
                $"cannot read captions of '{folder}' in '{wanted}': " + (languages.Length == 0
                    ? "its captions state no language; name the folder alone"
                    : $"it has captions in {named}{Suggestion.End(wanted, languages)}"));
        }

        if (there.Contains("")) return "";
        return languages.Length == 1 ? languages[0] : throw new InputException(
            $"cannot read captions of '{folder}': it has them in {languages.Length} languages, {named}; name one: "
                + $"files:{folder}:{languages[0]}");
    }

    private void Add(string picture, IReadOnlyList<(string Language, string Suffix)> captions, string language)
    {
        string[] suffixes = [.. captions.Where(file => file.Language == language).Select(file => file.Suffix)];
        string? best = SidecarFiles.TextEndings.Append(SidecarFiles.JsonEnding)
            .Select(ending => suffixes.FirstOrDefault(suffix => suffix.EndsWith(ending, StringComparison.OrdinalIgnoreCase)))
            .FirstOrDefault(suffix => suffix is not null);
        int number = best is null ? -1 : _suffixes.IndexOf(best);
        if (best is not null && number < 0)
        {
            number = _suffixes.Count;
            _suffixes.Add(best);
        }

        _paths.Add(picture);
        _captions.Add((number, captions.Any(file => IsJson(file.Suffix))));
    }

    private static bool IsJson(string suffix) => suffix.EndsWith(SidecarFiles.JsonEnding, StringComparison.OrdinalIgnoreCase);

    private string? CaptionFile(int number) => _captions[number].Suffix is >= 0 and var suffix
        ? Path.ChangeExtension(_paths[number], null) + _suffixes[suffix]
        : null;

    private string[] Captions(int number)
    {
        string picture = _paths[number];
        if (CaptionFile(number) is not { } file)
        {
            string stem = Path.GetFileNameWithoutExtension(picture);
            throw new InputException($"cannot read captions of '{_folder}': '{picture}' has none: expected "
                + $"{stem}{(_language is null ? "" : "." + _language)}.txt beside it; add it or remove the image");
        }

        byte[] bytes = Read(file, MaxTextBytes);
        string[] captions = IsJson(file) ? FromJson(file, bytes) : FromText(file, bytes, isOne: _captions[number].HasJson);
        captions = [.. captions.Select(caption => caption.ReplaceLineEndings(" ").Trim()).Where(caption => caption.Length > 0)];
        return captions.Length > 0 ? captions : throw Bad(file, "it has no caption; write one or remove the image");
    }

    // img2dataset writes what a page said of its picture, in as many lines as that had; others a caption a line.
    private string[] FromText(string file, byte[] bytes, bool isOne)
    {
        if (bytes is [0xFF, 0xFE, ..] or [0xFE, 0xFF, ..])
            throw Bad(file, "it is UTF-16, which Windows calls Unicode; save it as UTF-8");
        if (!System.Text.Unicode.Utf8.IsValid(bytes)) throw Bad(file, "it is not UTF-8; save it as UTF-8");
        string text = Encoding.UTF8.GetString(bytes).TrimStart('\uFEFF');
        return isOne ? [text] : text.Split('\n');
    }

    private string[] FromJson(string file, byte[] bytes)
    {
        try
        {
            using var document = LenientJson.Parse(bytes, new JsonDocumentOptions { AllowDuplicateProperties = false });
            return document.RootElement.ValueKind == JsonValueKind.Object
                ? CaptionList.Captions(document.RootElement)
                : throw Bad(file, "it is not a JSON object");
        }
        catch (Exception failure) when (failure is JsonException or InvalidOperationException)
        {
            throw Bad(file, "it is not valid JSON");
        }
    }

    private byte[] Read(string name, int most)
    {
        string path = Path.Combine(_folder, name);
        try
        {
            return RegularFile.ReadAll(path, most);
        }
        catch (Exception failure) when (failure is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new InputException(name.Contains('\uFFFD')
                ? $"cannot read '{path}': its name on the disk is not UTF-8; rename it"
                : $"cannot read '{path}': the file is gone; do not change the folder until the command has ended", failure);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            throw new InputException($"cannot read '{path}': {failure.Message}", failure);
        }
    }

    private InputException Bad(string file, string why) => new($"cannot read '{Path.Combine(_folder, file)}': {why}");

    private string MakeFingerprint()
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        for (int i = 0; i < _paths.Count; i++)
        {
            string? file = CaptionFile(i);
            long length = file is null ? -1 : new FileInfo(Path.Combine(_folder, file)) is { Exists: true } info ? info.Length : -1;
            hash.AppendData(Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{_paths[i]}\t{file}\t{length}\n")));
        }

        return $"sidecars {_paths.Count} {Convert.ToHexStringLower(hash.GetHashAndReset())}";
    }

    private sealed class Entry(SidecarSamples owner, int number) : SampleEntry
    {
        public override string Key => owner._paths[number];

        public override Sample Load(SampleParts parts) => new(Key)
        {
            Captions = parts.HasFlag(SampleParts.Captions) ? owner.Captions(number) : [],
            Image = parts.HasFlag(SampleParts.Image) ? owner.Read(Key, MaxImageBytes) : default,
        };

        public override void Check(SampleParts parts)
        {
            if (parts.HasFlag(SampleParts.Captions)) owner.Captions(number);
        }
    }
}
