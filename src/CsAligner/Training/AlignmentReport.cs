using System.Text.Json;
using CsAligner.Tensors;
using CsAligner.Tensors.Formats;

namespace CsAligner.Training;

/// <summary>Writes what an alignment run leaves behind: both adapters and run.json.</summary>
public static class AlignmentReport
{
    /// <summary>The image side's adapter.</summary>
    public const string ImageAdapterFile = "image-adapter.safetensors";

    /// <summary>The text side's adapter.</summary>
    public const string TextAdapterFile = "text-adapter.safetensors";

    /// <summary>Options, seed, versions, hardware, seconds, peak bytes and the metrics of every epoch.</summary>
    public const string RunFile = "run.json";

    /// <summary>Where <see cref="AlignmentTrainer.Run"/> keeps its state.</summary>
    public const string CheckpointFile = "checkpoint.safetensors";

    /// <summary>Writes all three files into a folder, each atomically.</summary>
    /// <param name="folder">An existing folder.</param>
    /// <param name="options">The options of the run.</param>
    /// <param name="result">The result of the run.</param>
    /// <param name="inputs">The files that the data came from, by their role; null leaves them out.</param>
    /// <exception cref="InputException">A file cannot be written.</exception>
    /// <param name="choice">How sigma and lambda were chosen, where they were.</param>
    public static void Write(
        string folder, AlignmentOptions options, AlignmentResult result, IReadOnlyList<(string Role, string? Path)>? inputs = null,
        AutomaticChoiceResult? choice = null)
    {
        ArgumentNullException.ThrowIfNull(result);
        result.Image.Save(Path.Combine(folder, ImageAdapterFile));
        result.Text.Save(Path.Combine(folder, TextAdapterFile));
        AtomicFile.Write(Path.Combine(folder, RunFile), stream =>
        {
            using var writer = new Utf8JsonWriter(stream, new JsonWriterOptions { Indented = true });
            WriteJson(writer, options, result, inputs, choice);
        });
    }

    /// <summary>Writes run.json's object.</summary>
    /// <param name="writer">Where to.</param>
    /// <param name="options">The options of the run.</param>
    /// <param name="result">The result of the run.</param>
    /// <param name="inputs">The files that the data came from, by their role; null leaves them out.</param>
    /// <param name="choice">How sigma and lambda were chosen, where they were.</param>
    public static void WriteJson(
        Utf8JsonWriter writer, AlignmentOptions options, AlignmentResult result, IReadOnlyList<(string Role, string? Path)>? inputs = null,
        AutomaticChoiceResult? choice = null)
    {
        ArgumentNullException.ThrowIfNull(writer);
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(result);
        writer.WriteStartObject();
        writer.WritePropertyName("options");
        options.WriteJson(writer);
        writer.WriteNumber("seed", options.Seed);
        if (inputs != null)
        {
            writer.WriteStartObject("inputs");
            foreach (var (role, path) in inputs) writer.WriteString(role, path);
            writer.WriteEndObject();
        }

        if (choice != null)
        {
            writer.WriteStartArray("automatic_choice");
            foreach (var cell in choice.Cells)
            {
                writer.WriteStartObject();
                writer.WriteString("bandwidth", cell.Bandwidth.ToString());
                writer.WriteNumber("lambda", cell.Lambda);
                JsonNumbers.Write(writer, "cs_divergence_off_diagonal", cell.CsDivergence);
                writer.WriteNumber("mean_r1", cell.MeanRecallAt1);
                writer.WriteEndObject();
            }

            writer.WriteEndArray();
        }

        writer.WriteNumber("training_pairs", result.TrainingPairs);
        writer.WriteNumber("validation_pairs", result.ValidationPairs);
        if (result.UnpairedImages + result.UnpairedTexts > 0)
        {
            writer.WriteNumber("unpaired_images", result.UnpairedImages);
            writer.WriteNumber("unpaired_texts", result.UnpairedTexts);
            writer.WriteNumber("validation_images", result.HeldOutImages);
            writer.WriteNumber("validation_texts", result.HeldOutTexts);
        }

        writer.WriteNumber("image_parameters", result.Image.ParameterCount);
        writer.WriteNumber("text_parameters", result.Text.ParameterCount);
        if (result.EncoderParameters > 0) writer.WriteNumber("encoder_parameters", result.EncoderParameters);
        writer.WriteNumber("best_epoch", result.BestEpoch);
        writer.WriteBoolean("resumed", result.Resumed);
        writer.WriteNumber("seconds", result.Seconds);
        if (result.Ranks > 1)
        {
            writer.WriteNumber("ranks", result.Ranks);
            writer.WriteNumber("exchanged_bytes", result.ExchangedBytes);
            writer.WriteNumber("exchange_seconds", result.ExchangeSeconds);
        }

        writer.WriteNumber("peak_bytes", RunEnvironment.PeakBytes);
        RunEnvironment.WriteProperties(writer);
        writer.WriteStartArray("epochs");
        foreach (var epoch in result.Epochs) epoch.WriteJson(writer);
        writer.WriteEndArray();
        writer.WriteEndObject();
    }
}
