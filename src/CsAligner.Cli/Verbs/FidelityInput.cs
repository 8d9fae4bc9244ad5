using CsAligner.Cli.Running;
using CsAligner.Data.Datasets;
using CsAligner.Data.Datasets.Samples;
using CsAligner.Data.FeatureSets;
using CsAligner.Models;
using CsAligner.Tensors;

namespace CsAligner.Cli.Verbs;

/// <summary>One set of <c>fidelity</c>: pictures of a folder, or features that are stored.</summary>
internal sealed class FidelityInput : IDisposable
{
    private readonly SampleSource? _source;
    private readonly SampleEntry[] _pictures;
    private readonly FeatureRowsFile? _features;
    private readonly IImageEncoder? _encoder;

    private FidelityInput(string path, SampleSource source, IImageEncoder encoder)
    {
        (Path, _source, _encoder, _pictures) = (path, source, encoder, [.. source.ReadAll()]);
        (Rows, Width) = (_pictures.Length, encoder.Width);
    }

    private FidelityInput(FeatureRowsFile features)
    {
        (Path, _features, _pictures) = (features.Path, features, []);
        (Rows, Width) = (features.Rows, features.Width);
    }

    /// <summary>The path as it was given.</summary>
    public string Path { get; }

    /// <summary>How many pictures or rows there are.</summary>
    public int Rows { get; }

    /// <summary>Values of a row.</summary>
    public int Width { get; }

    /// <summary>Whether a path is taken for pictures: a folder that is no feature set.</summary>
    public static bool IsPictures(string path) => Directory.Exists(path) && !FeatureSet.IsAt(path);

    /// <summary>Opens a set without embedding or reading it yet.</summary>
    /// <param name="path">A folder of pictures, a feature set (its images), or a .npy file.</param>
    /// <param name="encoder">Embeds pictures; needed where the path <see cref="IsPictures"/>.</param>
    /// <exception cref="InputException">There is no such file or folder, or its format is not known.</exception>
    public static FidelityInput Open(string path, IImageEncoder? encoder)
    {
        if (!System.IO.Path.Exists(path))
        {
            throw new InputException(
                $"cannot read '{path}': there is no such file or folder; give a folder of pictures, a .npy file or a feature set");
        }

        if (!IsPictures(path)) return new FidelityInput(FeatureRowsFile.Open(path, Modality.Image));
        ArgumentNullException.ThrowIfNull(encoder);
        return new FidelityInput(path, Dataset.Open($"images:{path}"), encoder);
    }

    /// <summary>The name of a row: its picture's path in the folder; null for features.</summary>
    public string? NameOf(int row) => _source is null ? null : _pictures[row].Key;

    /// <summary>All rows, of length 1, pictures in the order of their paths. A bad picture is an error.</summary>
    public Tensor Read(Session session)
    {
        if (_features is not null) return FeatureFile.ReadRows(_features);
        var pixels = new ImagePixels(_encoder!.Preprocessing);
        Tensor? rows = null;
        session.Terminal.WithProgress(
            $"embedding {Path}",
            Rows,
            progress => rows = _encoder.EmbedImages(
                Rows,
                (i, rgb) => pixels.Read(_pictures[i].Load(SampleParts.Image), rgb),
                done => progress.Report(done),
                session.Cancellation),
            "images");
        return rows!;
    }

    public void Dispose()
    {
        _source?.Dispose();
        _features?.Dispose();
    }
}
