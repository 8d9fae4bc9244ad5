using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using CsAligner.Tensors.Formats;

namespace CsAligner.Studies.Encoders;

/// <summary>
/// Tells a model from another of the same name: a hash of the names and contents of all files that may decide what it computes.
/// Shards made by one must not be joined with those of another.
/// </summary>
internal static class ModelFingerprint
{
    // Weights in other formats, which are never read but may be as large as those that are; and documentation.
    private static readonly string[] Unread = [".h5", ".msgpack", ".ot", ".pt", ".pth", ".ckpt", ".md", ".png", ".jpg", ".gitattributes"];

    /// <summary>The fingerprint of a model (folder, file or name) with LoRA folders.</summary>
    /// <param name="model">The folder, the file of a graph, or a name.</param>
    /// <param name="lora">Folders, in the order they are used in.</param>
    public static string Of(string model, params IReadOnlyList<string> lora)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (string path in lora.Prepend(NamedModel.PathOf(model)))
        {
            (string root, string[] files) = Directory.Exists(path) ? (path, FilesOf(path)) : File.Exists(path)
                ? FilesOfGraph(Path.GetFullPath(path))
                : ("", []);
            Append(hash, files.Length == 0 ? path : $"{files.Length}\n");
            foreach (string file in files) AppendFile(hash, root, file);
        }

        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }

    /// <summary>
    /// The SHA-256 of a model's weights. Where they are one safetensors file it is that file's, as sha256sum prints it, whatever else lies
    /// beside it; else <see cref="Of"/>.
    /// </summary>
    /// <param name="model">The folder, the file of a graph, or a name.</param>
    public static string OfWeights(string model)
    {
        string weights = Path.Combine(NamedModel.PathOf(model), SafeTensorsSet.SingleFile);
        return File.Exists(weights) ? OfFile(weights) : Of(model);
    }

    /// <summary>The SHA-256 of a file.</summary>
    public static string OfFile(string path)
    {
        using var file = File.OpenRead(path);
        return Convert.ToHexStringLower(SHA256.HashData(file));
    }

    private static string[] FilesOf(string folder) =>
    [
        .. Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories)
            .Where(file => !Unread.Contains(Path.GetExtension(file)) && !IsUnread(Path.GetRelativePath(folder, file)))
            .Order(StringComparer.Ordinal),
    ];

    // Folders of version control and caches; PyTorch's weights; feature sets that somebody wrote into the model's folder.
    private static bool IsUnread(string relative) =>
        relative.Split(Path.DirectorySeparatorChar)
            .Any(part => part.StartsWith('.') || part is "img_emb" or "text_emb" or "img_tokens" or "text_tokens" or "metadata")
        || Path.GetFileName(relative) is "features.json" or "pairs.npy" or "bad-samples.log"
        || Path.GetFileName(relative).StartsWith("pytorch_model", StringComparison.Ordinal);

    /// <summary>
    /// A graph, what lies beside it under its name or as weights of a graph, and the settings and tokenizer beside it or,
    /// of onnx/model.onnx, in the folder above. Not all that is in the folder: it may be anybody's.
    /// </summary>
    private static (string Root, string[] Files) FilesOfGraph(string path)
    {
        string here = Path.GetDirectoryName(path)!, above = Path.GetDirectoryName(here) ?? here;
        IEnumerable<string> files = Directory.EnumerateFiles(here, Path.GetFileNameWithoutExtension(path) + "*")
            .Concat(new[] { "*.data", "*.onnx_data*", "*.safetensors", "*.bin", "*.pb",
                "*.weights" }.SelectMany(pattern => Directory.EnumerateFiles(here, pattern)))
            .Concat(new[] { here,
                above }.SelectMany(folder =>
                    new[] { "*.json", "*.txt", "*.model" }.SelectMany(pattern => Directory.EnumerateFiles(folder, pattern))))
            .Concat(new[] { here, above }.SelectMany(Directory.EnumerateDirectories).Select(folder => Path.Combine(folder, "config.json"))
                .Where(File.Exists));
        return (above, [.. files.Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal)]);
    }

    private static void AppendFile(IncrementalHash hash, string root, string path)
    {
        using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, 1, FileOptions.SequentialScan);
        Append(hash, $"{Path.GetRelativePath(root, path)} {file.Length.ToString(CultureInfo.InvariantCulture)}\n");
        byte[] piece = new byte[1 << 20];
        for (int count; (count = file.Read(piece)) > 0;) hash.AppendData(piece.AsSpan(0, count));
    }

    private static void Append(IncrementalHash hash, string text) => hash.AppendData(Encoding.UTF8.GetBytes(text));
}
