using CsAligner.Cli.Running;
using CsAligner.Data.Datasets;
using CsAligner.Evaluation;
using CsAligner.Models;
using CsAligner.Models.Lora;
using CsAligner.Studies.Encoders;
using CsAligner.Studies.Icons;
using CsAligner.Tensors;
using CsAligner.Tensors.Formats;
using CsAligner.Training;

namespace CsAligner.Cli.Verbs;

/// <summary>Captioned images and the towers with LoRA that encode them again in every step.</summary>
internal sealed class LoraData : IDisposable
{
    private const string ModelFolder = "model";

    private static readonly string[] CopiedFiles =
        ["vocab.json", "merges.txt", "tokenizer.json", "tokenizer_config.json", ImagePreprocessing.FileName,
            ImagePreprocessing.ProcessorFileName];

    private readonly TrainedClip _clip;
    private readonly CaptionedImages _inputs;

    private LoraData(TrainedClip clip, CaptionedImages inputs, AlignmentData data) => (_clip, _inputs, Data) = (clip, inputs, data);

    public AlignmentData Data { get; }

    /// <summary>What <see cref="Write"/> writes, for people.</summary>
    public string Written => string.Join(", ", Encoders.Select(e => FolderOf(e.Lora)));

    private IEnumerable<ClipEncoder> Encoders => new[] { Data.ImageEncoder, Data.TextEncoder }.OfType<ClipEncoder>();

    /// <summary>Opens both and embeds the data with the model as it is: where an alignment starts.</summary>
    public static LoraData Open(Session session, AlignInputs given, ulong seed)
    {
        var clip = TrainedClip.Load(given.Model!);
        var inputs = CaptionedData.Open(session, given.Data!, clip.Embedder.Preprocessing);
        try
        {
            Tensor images = null!, texts = null!;
            var embedder = clip.Embedder;
            session.Terminal.WithProgress("embedding images", inputs.Count,
                progress => images = embedder.EmbedImages(inputs.Count, inputs.ReadImage, done => progress.Report(done),
                    session.Cancellation), "images");
            session.Terminal.WithProgress("embedding texts", inputs.Texts.Count,
                progress => texts = embedder.EmbedTexts(inputs.Texts, done => progress.Report(done), session.Cancellation), "texts");
            var data = new AlignmentData(images, texts,
                Pairing.From([.. inputs.ImageOfText.Select(i => (long)i)], inputs.Count, inputs.Texts.Count, given.Data!));
            foreach (var lora in given.Lora)
            {
                data = lora.Tower == ClipTower.Text
                    ? data with { TextEncoder = clip.Texts(lora, seed, inputs.Texts) }
                    : data with { ImageEncoder = clip.Images(lora, seed, inputs.Count, inputs.ReadImage, inputs.Name) };
            }

            return new LoraData(clip, inputs, data);
        }
        catch
        {
            inputs.Dispose();
            throw;
        }
    }

    /// <summary>Writes LoRA of each tower as PEFT does and, where wanted, the model that it is part of.</summary>
    public void Write(string folder, bool merge)
    {
        foreach (var encoder in Encoders) encoder.Lora.Save(Path.Combine(folder, FolderOf(encoder.Lora)), _clip.Folder);
        if (!merge) return;
        foreach (var encoder in Encoders) encoder.Lora.Merge();
        string target = Path.Combine(folder, ModelFolder);
        _clip.Model.Save(target);
        foreach (string file in CopiedFiles.Where(file => File.Exists(Path.Combine(_clip.Folder, file))))
            AtomicFile.WriteAllBytes(Path.Combine(target, file), File.ReadAllBytes(Path.Combine(_clip.Folder, file)));
    }

    public void Dispose() => _inputs.Dispose();

    private static string FolderOf(ClipLora lora) => lora.Options!.Tower == ClipTower.Text ? "text-lora" : "image-lora";
}
