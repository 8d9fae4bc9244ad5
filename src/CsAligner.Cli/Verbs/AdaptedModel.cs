using CsAligner.Adapters;
using CsAligner.Cli.Running;
using CsAligner.Data.Datasets;
using CsAligner.Data.Images;
using CsAligner.Models;
using CsAligner.Studies.Encoders;
using CsAligner.Tensors;
using CsAligner.Training;

namespace CsAligner.Cli.Verbs;

/// <summary>
/// A frozen model and, where a run of <c>align</c> is given, its adapters: they make words and pictures rows of the space that the run
/// aligned.
/// </summary>
internal sealed class AdaptedModel
{
    private readonly Session _session;
    private readonly string _verb;
    private readonly EmbedModel _model;
    private readonly string? _run;
    private readonly Lazy<Adapter?> _textAdapter, _imageAdapter;

    private AdaptedModel(Session session, string verb, EmbedModel model, string? run)
    {
        (_session, _verb, _model, _run) = (session, verb, model, run);
        _textAdapter = new(() => Load(verb, run, AlignmentReport.TextAdapterFile, "the words", Texts.Width));
        _imageAdapter = new(() => Load(verb, run, AlignmentReport.ImageAdapterFile, "the images", Images.Width));
    }

    /// <summary>The width of what words become.</summary>
    public int TextWidth => _textAdapter.Value?.OutputWidth ?? Texts.Width;

    /// <summary>The width of what pictures become.</summary>
    public int ImageWidth => _imageAdapter.Value?.OutputWidth ?? Images.Width;

    /// <summary>Whether the run maps images too: its space is then no longer that of the model's images.</summary>
    public bool MovesImages =>
        _run is not null && File.Exists(Path.Combine(_run, AlignmentReport.ImageAdapterFile)) && _imageAdapter.Value is not null;

    private ITextEncoder Texts => _model.NeedTexts(_verb);

    private IImageEncoder Images => _model.NeedImages(_verb);

    /// <summary>Reads the model; adapters are read when they are needed.</summary>
    /// <param name="session">The run.</param>
    /// <param name="verb">What errors say the model is needed for.</param>
    /// <param name="model">Its folder or name.</param>
    /// <param name="run">The folder that align wrote; null maps nothing.</param>
    /// <param name="image">One of the images that will be asked for, or null.</param>
    public static AdaptedModel Open(Session session, string verb, string model, string? run, string? image) =>
        Open(session, verb, EmbedModel.Open(session, model, image, null, tokens: false), run);

    /// <summary>Takes a model that was read; adapters are read when they are needed.</summary>
    public static AdaptedModel Open(Session session, string verb, EmbedModel model, string? run) => new(session, verb, model, run);

    /// <summary>Rows of words, one for each text.</summary>
    public Tensor EmbedTexts(IReadOnlyList<string> words) =>
        Map(_textAdapter.Value, Texts.EmbedTexts(words, cancellation: _session.Cancellation));

    /// <summary>Rows of picture files.</summary>
    public Tensor EmbedImages(IReadOnlyList<string> files)
    {
        Adapter? map = _imageAdapter.Value;
        var pixels = new ImagePixels(Images.Preprocessing);
        try
        {
            return Map(map,
                Images.EmbedImages(files.Count, (i, rgb) => pixels.ReadFile(files[i], rgb), cancellation: _session.Cancellation));
        }
        catch (UnusableFeaturesException failure)
        {
            throw failure.Of(files[failure.Sample]);
        }
    }

    /// <summary>Reads an adapter of a run for rows without tokens; null where it would leave them as they are.</summary>
    /// <param name="verb">What needs it, for errors.</param>
    /// <param name="run">The folder that align wrote; null for none.</param>
    /// <param name="file">The adapter's file in it.</param>
    /// <param name="what">What it maps, for errors.</param>
    /// <param name="width">Values in a row.</param>
    public static Adapter? Load(string verb, string? run, string file, string what, int width)
    {
        if (run is null) return null;
        string path = Path.Combine(run, file);
        Adapter map = Adapter.Load(path);
        if (map.UsesTokens)
            throw new InputException($"{verb}: '{path}' reads tokens, but {what} have none; align with another --adapter");
        ApplyVerb.CheckWidth(map, path, what, width);
        return StaysAsItIs(map) ? null : map;
    }

    private static Tensor Map(Adapter? map, Tensor features) => map?.Apply(features) ?? features;

    // What align writes of a side that it did not train. Applied, it would still round.
    private static bool StaysAsItIs(Adapter map) =>
        map is IdentityAdapter && map.Start?.Weight is null && IsZero(map.Start?.Shift)
        && map.Tensors.All(tensor => IsZero(tensor.Values));

    private static bool IsZero(Tensor? values) => values is null || !values.Span.ContainsAnyExcept(0);
}
