using System.Text.Json;
using CsAligner.Data.Datasets.Features;
using CsAligner.Data.Datasets.Files;
using CsAligner.Data.Datasets.Samples;
using CsAligner.Data.Datasets.WebDatasets;
using CsAligner.Data.Disk;
using CsAligner.Tensors;

namespace CsAligner.Data.Datasets;

/// <summary>Opens data sets by name: recognises the format from the path; a prefix names the format or the split.</summary>
public static class Dataset
{
    private const string ListEndings = ".tsv, .csv, .jsonl, .txt or .token";

    /// <summary>What can be named, in short.</summary>
    public static string Description =>
        "A data set: list, files, COCO, Karpathy, tars, clip-retrieval";

    /// <summary>Opens the data set of this name.</summary>
    /// <param name="name">
    /// A path: a folder with a list of captions, with tar shards, or with pictures that have captions in files beside them; a list of
    /// captions; the captions of COCO; tar shards, with braces where they are many. Or <c>list:FILE</c>, <c>files:FOLDER[:LANG]</c>,
    /// <c>coco:FILE</c>, <c>karpathy:FILE[:SPLIT]</c>, <c>tar:PATTERN</c>, <c>images:FOLDER</c>, <c>clip-retrieval:FOLDER</c>,
    /// <c>features:FILE[:TENSOR]</c>. A folder with img_emb or text_emb is one of clip-retrieval, .npy and .safetensors are features.
    /// </param>
    /// <param name="imageFolder">The folder of a list's images; null for the list's own folder, or where the format puts them.</param>
    /// <exception cref="InputException">There is no such file or folder, or its format is not known.</exception>
    public static SampleSource Open(string name, string? imageFolder = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        if (imageFolder is not null && !Directory.Exists(imageFolder))
            throw new InputException($"cannot read images of '{imageFolder}': there is no such folder; check the path");
        int colon = name.IndexOf(':', StringComparison.Ordinal);
        string path = name[(colon + 1)..];
        return (colon > 0 ? name[..colon] : "") switch
        {
            "list" => CaptionList.Read(name, path, imageFolder ?? FolderOf(path)),
            "files" => OpenFiles(name, path, imageFolder),
            "coco" => CocoCaptions.Read(name, path, imageFolder),
            "karpathy" => OpenKarpathy(name, path, imageFolder),
            "tar" => new WebDatasetSamples(name, Shards(path)),
            "images" => ImageFolder.Read(path),
            "clip-retrieval" => FeatureSamples.OpenFolder(name, path),
            "features" => OpenFeatures(name, path),
            _ => OpenPath(name, imageFolder),
        };
    }

    private static SampleSource OpenPath(string path, string? imageFolder)
    {
        if (Directory.Exists(path)) return OpenFolder(path, imageFolder);
        if (path.Contains('{', StringComparison.Ordinal) && !File.Exists(path)) return new WebDatasetSamples(path, Shards(path));
        if (!File.Exists(path))
            throw new InputException($"cannot read captioned images of '{path}': there is no such folder or file; check the path");
        return Path.GetExtension(path).ToLowerInvariant() switch
        {
            ".tsv" or ".csv" or ".jsonl" or ".ndjson" or ".txt" or ".token" => CaptionList.Read(path, path, imageFolder ?? FolderOf(path)),
            ".json" when IsKarpathy(path) =>
                throw new InputException($"cannot read '{path}': it has several splits; name one: karpathy:{path}:test"),
            ".json" => CocoCaptions.Read(path, path, imageFolder),
            ".tar" => new WebDatasetSamples(path, [path]),
            ".npy" or ".safetensors" => FeatureSamples.OpenFile(path, path),
            ".tgz" or ".gz" or ".zip" => throw new InputException($"cannot read '{path}': it is compressed; unpack it first"),
            _ => throw new InputException($"cannot read captioned images of '{path}': expected a folder with images and "
                + $"a {CaptionList.Names[0]}, a list ({ListEndings}), COCO captions (.json) or a .tar"),
        };
    }

    private static SampleSource OpenFolder(string folder, string? imageFolder)
    {
        string[] lists = [.. CaptionList.Names.Where(name => File.Exists(Path.Combine(folder, name)))];
        if (lists.Length > 0) return CaptionList.Read(folder, Path.Combine(folder, lists[0]), imageFolder ?? folder);
        if (Directory.Exists(Path.Combine(folder, "img_emb")) || Directory.Exists(Path.Combine(folder, "text_emb")))
            return FeatureSamples.OpenFolder(folder, folder);
        string[] shards = [.. Directory.GetFiles(folder).Where(IsTar).Order(StringComparer.Ordinal)];
        if (shards.Length > 0) return new WebDatasetSamples(folder, shards);
        return imageFolder is null && SidecarSamples.TryOpen(folder, folder) is { } samples ? samples : throw new InputException(
            $"cannot read captioned images of '{folder}': it has no {CaptionList.Names[0]}, "
                + $"nor {string.Join(", ", CaptionList.Names.Skip(1))}, nor tar shards, nor images with captions beside them (x.jpg and "
                + "x.txt); write a list with one line per caption: path, tab, caption");
    }

    private static SidecarSamples OpenFiles(string name, string path, string? imageFolder) => imageFolder is null
        ? SidecarSamples.Open(name, path)
        : throw new InputException($"cannot read '{name}' with images of '{imageFolder}': captions are beside their images; leave out the "
            + "folder of the images");

    private static FileSamples OpenKarpathy(string name, string path, string? imageFolder)
    {
        int colon = path.LastIndexOf(':');
        (string file, string split) = colon > 0 && KarpathySplit.IsSplit(path[(colon + 1)..]) ? (path[..colon], path[(colon + 1)..])
            : colon > 0 && !File.Exists(path)
                ? throw new InputException(
                    $"cannot read '{name}': '{path[(colon + 1)..]}' is not a split; expected one of {KarpathySplit.Splits}")
            : (path, "test");
        return KarpathySplit.Read(name, file, split, imageFolder);
    }

    private static FeatureSamples OpenFeatures(string name, string path)
    {
        int colon = path.LastIndexOf(':');
        return colon > 0 && !File.Exists(path)
            ? FeatureSamples.OpenFile(name, path[..colon], path[(colon + 1)..])
            : FeatureSamples.OpenFile(name, path);
    }

    private static string[] Shards(string pattern)
    {
        string[] names = BraceRange.Expand(pattern);
        if (names.Length > 1 || !pattern.Contains('*', StringComparison.Ordinal)) return names;
        string folder = Path.GetDirectoryName(pattern) is { Length: > 0 } given ? given : ".";
        string[] found = Directory.Exists(folder)
            ? [.. Directory.GetFiles(folder, Path.GetFileName(pattern)).Where(path => !FileNames.IsLeftBehind(Path.GetFileName(path)))
                .Order(StringComparer.Ordinal)]
            : [];
        return found.Length > 0 ? found : throw new InputException($"cannot read '{pattern}': no file matches; check the pattern");
    }

    private static bool IsTar(string path) =>
        Path.GetExtension(path).Equals(".tar", StringComparison.OrdinalIgnoreCase) && !FileNames.IsLeftBehind(Path.GetFileName(path));

    private static bool IsKarpathy(string path)
    {
        using var json = new JsonFile(path);
        if (!json.Read() || json.Type != JsonTokenType.StartObject) return false;
        bool first = true;
        while (json.Read() && json.Depth < 4)
        {
            if (json is { Type: JsonTokenType.PropertyName, Depth: 1 } && json.Text != "images") json.Skip();
            // Within the first image: Karpathy's entries have sentences, COCO's have an id.
            else if (json is { Type: JsonTokenType.PropertyName, Depth: 3, Text: "sentences" or "sentids" or "split" }) return true;
            else if (json is { Type: JsonTokenType.PropertyName, Depth: 3 }) json.Skip();
            else if (json is { Type: JsonTokenType.EndObject, Depth: 2 }) first = false;
            if (!first) return false;
        }

        return false;
    }

    private static string FolderOf(string file) => Path.GetDirectoryName(file) is { Length: > 0 } folder ? folder : ".";
}
