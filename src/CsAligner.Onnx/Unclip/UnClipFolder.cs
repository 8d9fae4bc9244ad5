using CsAligner.Onnx.Unclip.Settings;
using System.Globalization;
using System.Security.Cryptography;
using CsAligner.Onnx.Unclip.Schedulers;
using CsAligner.Tensors;
using CsAligner.Tensors.Formats;

namespace CsAligner.Onnx.Unclip;

/// <summary>What unclip.json says of a folder's parts, and the parts that are no graphs.</summary>
internal sealed class UnClipFolder
{
    public const string FileName = "unclip.json";

    private const int Format = 1, MostSize = 4096, MostWidth = 16_384;

    private readonly string _folder;
    private readonly JsonFields _files;

    private UnClipFolder(string folder)
    {
        _folder = folder;
        string path = Path.Combine(folder, FileName);
        var fields = JsonFields.Read(path);
        if (fields.Whole("format", null, 0, int.MaxValue) != Format) throw fields.Wrong("format", "1, the only one known");
        Kind = fields.NeedText("kind") switch
        {
            "kandinsky22" => UnClipKind.Kandinsky22,
            "karlo" => UnClipKind.Karlo,
            "stable-unclip" => UnClipKind.StableUnClip,
            _ => throw fields.Wrong("kind", "kandinsky22, karlo or stable-unclip"),
        };
        Model = fields.Text("model") ?? "the CLIP that it was trained with";
        Width = fields.Whole("embedding_size", null, 1, MostWidth);
        Norm = fields.Number("embedding_norm", 1, 1e-3, 1e6);
        Channels = fields.Whole("sample_channels", null, 1, 64);
        SampleSize = fields.Whole("sample_size", null, 1, MostSize);
        ImageSize = fields.Whole("image_size", null, 1, MostSize);
        Steps = fields.Whole("steps", null, 1, 1000);
        Guidance = fields.Number("guidance", 1, 0, 20);
        LatentScale = fields.Number("latent_scale", 1, 1e-6, 1e6);
        _files = fields.Object("files") ?? throw fields.Wrong("files", "an object of file names with bytes and sha256");
        CheckFiles();
        Scheduler = DiffusionScheduler.Read(PathOf(fields, "scheduler"));
        UNet = PathOf(fields, "unet");
        if (Kind == UnClipKind.Karlo)
        {
            if (Channels != 3) throw fields.Wrong("sample_channels", "3, the colours of Karlo's pictures");
        }
        else
        {
            Decoder = PathOf(fields, "decoder");
        }

        int negative = Kind == UnClipKind.StableUnClip ? 0 : Width;
        if (fields.Has("negative"))
        {
            Negative = Constant(PathOf(fields, "negative"));
            if (Negative.Length != negative)
                throw new InputException($"{PathOf(fields, "negative")}: it has {Negative.Length} values, expected {negative}; "
                    + "export the decoder again");
        }
        else if (negative > 0)
        {
            throw fields.Wrong("negative", "a .npy file, the embedding that guidance leads away from");
        }

        if (fields.Object("constants") is { } constants)
            foreach (string name in constants.Names) Constants[name] = Constant(PathOf(constants, name));
        if (Kind == UnClipKind.StableUnClip)
        {
            var noising = fields.Object("noising") ?? throw fields.Wrong("noising", "an object with scheduler, mean, std and level");
            Noising = DiffusionScheduler.Read(PathOf(noising, "scheduler"));
            NoiseLevel = noising.Whole("level", 0, 0, Noising.TrainSteps - 1);
            (Mean, Deviation) = (Statistics("mean"), Statistics("std"));
            if (Width % 2 != 0) throw fields.Wrong("embedding_size", "an even number");

            float[] Statistics(string name)
            {
                float[] values = Constant(PathOf(noising, name)).Span.ToArray();
                return values.Length == Width
                    ? values
                    : throw new InputException($"{PathOf(noising, name)}: it has {values.Length} values, expected {Width}; "
                        + "export the decoder again");
            }
        }

        if (Kind == UnClipKind.Karlo && fields.Object("super_resolution") is { } second)
        {
            SecondUNet = PathOf(second, "unet");
            LastUNet = PathOf(second, "last");
            SecondScheduler = DiffusionScheduler.Read(PathOf(second, "scheduler"));
            SecondSteps = second.Whole("steps", 7, SecondScheduler.LeastSteps, Math.Min(1000, SecondScheduler.TrainSteps));
            if (SecondScheduler.LearnsVariance)
                throw new InputException($"{PathOf(second, "scheduler")}: variance_type is learned_range, which the super resolution does "
                    + "not predict; export the decoder again");
        }
        else if (Kind == UnClipKind.Karlo && ImageSize != SampleSize)
        {
            throw fields.Wrong("image_size", "sample_size, as there is no super_resolution");
        }
    }

    public UnClipKind Kind { get; }

    /// <summary>The encoder that gives its embeddings, in words.</summary>
    public string Model { get; }

    public int Width { get; }

    /// <summary>The length of the embeddings that the U-Net was trained on: theirs are not of length 1.</summary>
    public double Norm { get; }

    public int Channels { get; }

    public int SampleSize { get; }

    public int ImageSize { get; }

    public int Steps { get; }

    public double Guidance { get; }

    public double LatentScale { get; }

    public DiffusionScheduler Scheduler { get; }

    public string UNet { get; }

    /// <summary>Of latents to pictures; null if the U-Net makes pixels.</summary>
    public string? Decoder { get; }

    /// <summary>The embedding that guidance leads away from; null for zeros.</summary>
    public Tensor? Negative { get; }

    /// <summary>Other inputs of the U-Net, by their names: [1, ...].</summary>
    public Dictionary<string, Tensor> Constants { get; } = new(StringComparer.Ordinal);

    public DiffusionScheduler? Noising { get; }

    public int NoiseLevel { get; }

    public float[] Mean { get; } = [];

    public float[] Deviation { get; } = [];

    public string? SecondUNet { get; }

    public string? LastUNet { get; }

    public DiffusionScheduler? SecondScheduler { get; }

    public int SecondSteps { get; }

    /// <summary>Reads a folder.</summary>
    /// <exception cref="InputException">It is not such a folder; a part is missing or is not the one that was exported.</exception>
    public static UnClipFolder Open(string folder)
    {
        if (!Directory.Exists(folder))
            throw new InputException($"{folder}: no such folder; expected one that export-unclip.py wrote, with {FileName}");
        if (!File.Exists(Path.Combine(folder, FileName)))
            throw new InputException($"{folder}: it has no {FileName}; give a folder that export-unclip.py wrote");
        try
        {
            return new UnClipFolder(folder);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            throw new InputException($"cannot read '{folder}': {failure.Message}", failure);
        }
    }

    /// <summary>Bytes of all parts: no less memory is needed.</summary>
    public long Bytes => _files.Names.Sum(name => new FileInfo(Path.Combine(_folder, name)).Length);

    private static bool IsPlain(string name) =>
        name.Length > 0 && name == Path.GetFileName(name) && !name.Contains('\\', StringComparison.Ordinal) && name is not ("." or "..")
            && !name.Contains('\0', StringComparison.Ordinal);

    private static Tensor Constant(string path)
    {
        var values = Npy.ReadTensor(path);
        foreach (float value in values.Span)
            if (!float.IsFinite(value)) throw new InputException($"{path}: it holds {value}; export the decoder again");
        return values;
    }

    // Only files that unclip.json lists are read, and they must be those that were exported.
    private string PathOf(JsonFields fields, string field)
    {
        string name = fields.NeedText(field);
        return _files.Has(name) ? Path.Combine(_folder, name) : throw fields.Wrong(field, $"a file that 'files' in {FileName} lists");
    }

    private void CheckFiles()
    {
        if (_files.Names.FirstOrDefault(name => !IsPlain(name)) is { } wrong)
            throw new InputException($"{_folder}: {FileName} lists '{wrong}', which is no file of this folder");
        foreach (string name in _files.Names)
        {
            string path = Path.Combine(_folder, name);
            if (!File.Exists(path))
                throw new InputException($"{path}: this part of the decoder is missing; copy the whole folder, or export it again");
            if (_files.Object(name)?.Text("sha256") is not { } expected) continue;
            using var stream = File.OpenRead(path);
            string found = Convert.ToHexStringLower(SHA256.HashData(stream));
            if (!string.Equals(found, expected, StringComparison.OrdinalIgnoreCase))
                throw new InputException(string.Create(CultureInfo.InvariantCulture,
                    $"{path}: its SHA-256 is {found[..12]}…, but {FileName} says {expected[..Math.Min(12, expected.Length)]}…; "
                        + $"copy the whole folder again, or export it again"));
        }
    }
}
