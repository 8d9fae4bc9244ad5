using System.CommandLine;
using CsAligner.Cli.Running;
using CsAligner.Cli.Usage;
using CsAligner.Data.FeatureSets;
using CsAligner.Onnx;
using CsAligner.Studies.Encoders;
using CsAligner.Studies.Sessions;

namespace CsAligner.Cli.Verbs;

/// <summary>Which encoders a verb takes: one of both kinds, or one of images and one of texts.</summary>
internal sealed class EncoderOptions(string description)
{
    private readonly Option<string?> _model = CommonOptions.OptionalPath("--model", PathRole.Model, description);
    private readonly Option<string?> _images =
        CommonOptions.OptionalPath("--image-model", PathRole.Model, EmbedModel.DescriptionOf(Modality.Image));
    private readonly Option<string?> _texts =
        CommonOptions.OptionalPath("--text-model", PathRole.Model, EmbedModel.DescriptionOf(Modality.Text));

    public void AddTo(Command command)
    {
        foreach (var option in new[] { _model, _images, _texts }) command.Options.Add(option);
    }

    /// <summary>Whether any was given.</summary>
    public bool AreGiven(ParseResult parsed) => Names(parsed).Any(name => name is not null);

    /// <summary>The models' names: of both, of images, of texts.</summary>
    public string?[] Names(ParseResult parsed) => [parsed.GetValue(_model), parsed.GetValue(_images), parsed.GetValue(_texts)];

    /// <summary>Refuses what does not go together, before work begins.</summary>
    /// <param name="parsed">The command line.</param>
    /// <param name="images">The images asked for, or null.</param>
    /// <param name="texts">The texts asked for, or null.</param>
    /// <param name="tokens">Whether tokens are asked for.</param>
    /// <param name="lora">Folders of LoRA.</param>
    public void Check(ParseResult parsed, string? images, string? texts, bool tokens = false, IReadOnlyList<string>? lora = null)
    {
        var (model, ofImages, ofTexts) = (parsed.GetValue(_model), parsed.GetValue(_images), parsed.GetValue(_texts));
        if (model is null && ofImages is null && ofTexts is null)
            throw new UsageException("--model is missing: give an encoder of both, or --image-model and --text-model");
        if (model is not null)
        {
            if ((ofImages ?? ofTexts) is not null)
                throw new UsageException("--model embeds images and texts: give either it, or --image-model and --text-model");
            EmbedModel.CheckNamed(model, images, texts, tokens, lora);
            return;
        }

        if (images is not null && ofImages is null) throw new UsageException("--image-model is missing: the encoder of the images");
        if (texts is not null && ofTexts is null) throw new UsageException("--text-model is missing: the encoder of the texts");
        if (lora is { Count: > 0 }) throw new UsageException("--lora needs --model: the CLIP that it was trained on");
        if (ofImages is not null) EmbedModel.CheckNamed(ofImages, "", null, tokens, null, "--image-model");
        if (ofTexts is not null) EmbedModel.CheckNamed(ofTexts, null, "", tokens, null, "--text-model");
    }

    /// <summary>Reads them.</summary>
    public EmbedModel Open(Session session, ParseResult parsed, string? images, string? texts, bool tokens = false,
        IReadOnlyList<string>? lora = null, OnnxOptions? onnx = null) =>
        parsed.GetValue(_model) is { } model
            ? EmbedModel.Open(session, model, images, texts, tokens, lora, onnx)
            : EmbedModel.OpenPair(session, parsed.GetValue(_images), parsed.GetValue(_texts), images, texts, tokens, onnx);
}
