using CsAligner.Data.Packages;
using CsAligner.Models;
using CsAligner.Models.Lora;
using CsAligner.Onnx;
using CsAligner.Studies.Icons;
using CsAligner.Studies.Sessions;
using CsAligner.Tensors;

namespace CsAligner.Studies.Encoders;

/// <summary>What <c>embed --model</c> names: a CLIP's folder, a model in ONNX format, or an encoder of texts alone.</summary>
/// <param name="Name">Its name in the feature set.</param>
/// <param name="Images">Embeds images; null if the model has never seen one.</param>
/// <param name="Texts">Embeds texts; null if the model has never read one.</param>
internal sealed record EmbedModel(string Name, IImageEncoder? Images, ITextEncoder? Texts)
{
    /// <summary>For the option's help.</summary>
    public static string Description =>
        $"The encoder: {ShippedModel.Name}, {SentenceEncoderPackage.ModelName} (texts only), a CLIP folder, or a model in ONNX format";

    /// <summary>The width of the features.</summary>
    public int Width => Images?.Width ?? Texts!.Width;

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

    /// <summary>Reads the model; the sentence encoder is fetched on its first use.</summary>
    /// <param name="session">The run.</param>
    /// <param name="model">The folder or name.</param>
    /// <param name="images">The images asked for, or null.</param>
    /// <param name="texts">The texts asked for, or null.</param>
    /// <param name="tokens">Whether tokens are asked for.</param>
    /// <param name="lora">Folders of LoRA that becomes part of the model's towers.</param>
    /// <param name="onnx">How a model in ONNX format is read; null if the command says nothing of it.</param>
    public static EmbedModel Open(IStudySession session, string model, string? images, string? texts, bool tokens,
        IReadOnlyList<string>? lora = null, OnnxOptions? onnx = null)
    {
        if (model != SentenceEncoderPackage.ModelName)
        {
            model = ShippedModel.PathOf(model);
            if (onnx is not null && !FrozenEncoders.IsOnnx(model, onnx))
                throw new UsageException(
                    $"--model {model} is not in ONNX format: leave out the --onnx-… options, or give a folder with ONNX graphs");
            var encoders = FrozenEncoders.Load(model, onnx);
            foreach (string folder in lora ?? [])
                ClipLora.Load(
                    (encoders.Texts as ClipEmbedder
                        ?? throw new UsageException($"--model {model} is in ONNX format and takes no --lora: give a CLIP folder with "
                            + "model.safetensors")).Model, folder).Merge();
            var opened = new EmbedModel(encoders.Name, encoders.Images, encoders.Texts);
            opened.Check(model, images, texts, tokens);
            return opened;
        }

        CheckFetched(model, images, tokens, lora, onnx);
        return new EmbedModel(model, null,
            Synchronously.Run(() => SentenceEncoderPackage.LoadAsync(new IconDatasetLoader.Lines(session), session.Cancellation)));
    }

    /// <summary>Refuses what a model that is fetched cannot do, before it is.</summary>
    public static void CheckFetched(string model, string? images, bool tokens, IReadOnlyList<string>? lora, OnnxOptions? onnx)
    {
        if (model != SentenceEncoderPackage.ModelName) return;
        if (onnx is not null) throw new UsageException($"--model {model} is not in ONNX format: leave out the --onnx-… options");
        if (lora is { Count: > 0 })
            throw new UsageException($"--model {model} takes no --lora: give the folder of the CLIP that it was trained on");
        if (images is not null) throw WithoutImages(model);
        if (tokens) throw WithoutTokens(model, "texts");
    }

    private static UsageException WithoutImages(string model) =>
        new($"--model {model} embeds only texts: leave out --images, or give the folder of a CLIP");

    private static UsageException WithoutTokens(string model, string what) =>
        new($"--model {model} gives features of whole {what}: leave out --tokens, or give the folder of a CLIP");

    private void Check(string model, string? images, string? texts, bool tokens)
    {
        if (images is not null && Images is null) throw WithoutImages(model);
        if (texts is not null && Texts is null)
            throw new UsageException($"--model {model} embeds only images: leave out --texts, or give the folder of a CLIP");
        if (tokens && Images is { HasImageTokens: false }) throw WithoutTokens(model, "images");
        if (tokens && Texts is { HasTextTokens: false }) throw WithoutTokens(model, "texts");
    }
}
