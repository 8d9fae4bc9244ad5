using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;
using CsAligner.Data.Datasets;
using CsAligner.Evaluation;
using CsAligner.Generation;
using CsAligner.Generation.Decoders;
using CsAligner.Generation.Fidelity;
using CsAligner.Models;
using CsAligner.Studies.Encoders;
using CsAligner.Studies.Sessions;
using CsAligner.Tensors;

namespace CsAligner.Studies.Sweeps;

/// <summary>
/// Makes a picture of each name of a test with a decoder that never saw a word, and judges them beside the true pictures. The noise follows
/// from the name, so all methods start from the same.
/// </summary>
internal sealed class DrawnJudge
{
    private readonly IStudySession _session;
    private readonly DrawnOptions _options;
    private readonly PictureGenerator _generator;
    private readonly int _size;
    private readonly IImageEncoder _own;
    private readonly IImageEncoder? _judge;

    // What does not depend on the seed is not made again for each.
    private readonly Dictionary<string, DrawnMeasures> _done = new(StringComparer.Ordinal);

    private DrawnJudge(IStudySession session, DrawnOptions options, DiffusionDecoder decoder, IImageEncoder own, IImageEncoder? judge)
    {
        (_session, _options, _size, _own, _judge) = (session, options, decoder.Config.ImageSize, own, judge);
        _generator = new PictureGenerator(decoder, options.Generation);
    }

    /// <summary>Reads the decoder, and the second judge.</summary>
    public static DrawnJudge Open(IStudySession session, DrawnOptions options, EmbedModel model)
    {
        IImageEncoder own = model.NeedImages("sweep: \"pictures\"");
        var decoder = DiffusionDecoder.Load(NamedModel.PathOf(options.Decoder));
        if (decoder.Config.ConditionSize != own.Width)
            throw new InputException(
                $"sweep: '{options.Decoder}' takes embeddings of {decoder.Config.ConditionSize} values, the model gives "
                + $"{own.Width}; name the model that the decoder was trained with");
        IImageEncoder? judge = options.Judge is null
            ? null
            : EmbedModel.Open(session, options.Judge, "", null, tokens: false).NeedImages("sweep: \"judge\"");
        return new DrawnJudge(session, options, decoder, own, judge);
    }

    /// <summary>The true pictures of a test as the judges see them: its first ones, at the size that the decoder makes.</summary>
    public DrawnTest Prepare(CaptionedImages inputs, ImagePreprocessing preprocessing, Tensor texts)
    {
        int count = Math.Min(_options.Names, inputs.Count), side = preprocessing.ImageSize;
        if (count < 2) throw new InputException($"sweep: \"pictures\" needs tests of 2 or more, '{inputs.Name}' has {inputs.Count}");
        var pictures = new byte[count][];
        for (int i = 0; i < count; i++)
        {
            var pixels = new byte[3 * side * side];
            inputs.ReadImage(i, pixels);
            pictures[i] = pixels;
        }

        return new DrawnTest(
            [.. inputs.Texts.Take(count).Select(text => PictureGenerator.NoiseNumber(Encoding.UTF8.GetBytes(text)))],
            FeatureRows.Range(texts, 0, count),
            Embed(_own, pictures, side),
            _judge is null ? null : Embed(_judge, pictures, side));
    }

    /// <summary>Makes a picture of each condition and judges them.</summary>
    /// <param name="test">The test.</param>
    /// <param name="conditions">[N, D], N or more rows: those of the test's names.</param>
    public DrawnMeasures Judge(DrawnTest test, Tensor conditions)
    {
        conditions = FeatureRows.Range(conditions, 0, test.Noise.Length);
        string key = Convert.ToHexStringLower(SHA256.HashData(MemoryMarshal.AsBytes(conditions.Span)));
        if (_done.TryGetValue(key, out DrawnMeasures? known)) return known;
        var pictures = new byte[conditions.Rows][];
        _generator.Run(conditions, (number, rgb) => pictures[number] = rgb, test.Noise, cancellation: _session.Cancellation);
        Tensor own = Embed(_own, pictures, _size);
        var pairs = Pairing.Diagonal(own.Rows);
        return _done[key] = DrawnMeasures.Of(
            FidelityEvaluator.Measure(own, test.Own, cancellation: _session.Cancellation),
            Evaluator.TextToImage(own, test.Texts, pairs),
            Evaluator.TextToImage(own, test.Own, pairs),
            _judge is null ? null
                : FidelityEvaluator.Measure(Embed(_judge, pictures, _size), test.Judge!, cancellation: _session.Cancellation));
    }

    private Tensor Embed(IImageEncoder encoder, byte[][] pictures, int side) => encoder.EmbedImages(
        pictures.Length, (i, rgb) => encoder.Preprocessing.Fit(pictures[i], side, side, rgb), cancellation: _session.Cancellation);
}
