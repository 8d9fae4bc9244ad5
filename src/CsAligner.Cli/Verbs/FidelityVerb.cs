using System.CommandLine;
using System.Text.Json;
using CsAligner.Cli.Running;
using CsAligner.Cli.Usage;
using CsAligner.Generation.Fidelity;
using CsAligner.Models;
using CsAligner.Studies.Encoders;
using CsAligner.Studies.Features;
using CsAligner.Studies.Sessions;
using CsAligner.Tensors;

namespace CsAligner.Cli.Verbs;

/// <summary><c>csalign fidelity GENERATED REFERENCE</c>: how close generated pictures are to real ones.</summary>
internal static class FidelityVerb
{
    private static readonly string[] TrainingKeys =
    [
        "training_rows", "memorised", "memorised_reference", "nearest_training_generated", "nearest_training_reference",
        "nearest_training",
    ];

    public static Command Create(CommandRunner runner)
    {
        Argument<string> generated = CommonOptions.Path(
            "GENERATED", PathRole.PicturesOrRows, "Generated pictures: a folder, or their features (a .npy file or a feature set)");
        Argument<string> reference = CommonOptions.Path(
            "REFERENCE", PathRole.PicturesOrRows, "Real pictures, in the same form; preferably ones that the generator never saw");
        Option<string> model = CommonOptions.DefaultPath(
            "--model", PathRole.Model, "The encoder of pictures (not needed for features), as in embed", NamedModel.Clip);
        Option<string?> training = CommonOptions.OptionalPath(
            "--training", PathRole.PicturesOrRows, "The training pictures of the generator, in the same form, to look for copies");
        Option<int> neighbours = CommonOptions.Count(
            "--k",
            "Set the number of nearest neighbours for precision, recall, density and coverage",
            FidelityEvaluator.DefaultNeighbours,
            most: FidelityEvaluator.MostNeighbours);
        Option<bool> json = CommonOptions.Json();
        var command = new Command("fidelity", "Measure how close generated pictures are to real ones")
        {
            generated, reference, model, training, neighbours, json,
        };
        runner.SetAction(command, (parsed, session) =>
        {
            string[] paths = [parsed.GetRequiredValue(generated), parsed.GetRequiredValue(reference)];
            if (parsed.GetValue(training) is { } trainingPath) paths = [.. paths, trainingPath];
            if (parsed.IsGiven(model) && !paths.Any(FidelityInput.IsPictures))
                throw new UsageException("--model is for pictures, but all inputs are features: leave it out");
            EmbedModel? embedder = paths.Any(FidelityInput.IsPictures)
                ? EmbedModel.Open(session, parsed.GetRequiredValue(model), null, null, tokens: false)
                : null;
            IImageEncoder? encoder = embedder?.NeedImages("fidelity");
            var inputs = new List<FidelityInput>();
            try
            {
                // All is looked at before anything is embedded, which may take long.
                foreach (string path in paths) inputs.Add(FidelityInput.Open(path, encoder));
                Check(inputs);
                Tensor[] rows = [.. inputs.Select(input => input.Read(session))];
                FidelityMeasures measures = FidelityEvaluator.Measure(
                    rows[0], rows[1], parsed.GetValue(neighbours), rows.Length > 2 ? rows[2] : null, session.Cancellation);
                string? resize = encoder?.Preprocessing.Description;
                if (parsed.GetValue(json)) session.PrintJson(writer => Write(writer, measures, inputs, embedder?.Name, resize));
                else session.Terminal.WriteTable(MeasureTables.Fidelity(measures, embedder?.Name, resize));
            }
            finally
            {
                foreach (FidelityInput input in inputs) input.Dispose();
            }
        });
        return command;
    }

    private static void Check(List<FidelityInput> inputs)
    {
        foreach (FidelityInput input in inputs.Take(2))
        {
            if (input.Rows < 2)
            {
                string what = input.NameOf(0) is null ? "row" : "picture";
                throw new InputException(
                    $"cannot judge '{input.Path}': it has {input.Rows} {what}; expected at least 2, better thousands");
            }
        }

        foreach (FidelityInput other in inputs.Skip(1))
            FeatureInputs.RequireSameWidth(inputs[0].Path, inputs[0].Width, other.Path, other.Width);
    }

    private static void Write(Utf8JsonWriter writer, FidelityMeasures measures, List<FidelityInput> inputs, string? model, string? resize)
    {
        writer.WriteStartObject();
        measures.WriteProperties(writer);
        writer.WriteString("model", model);
        writer.WriteString("resize", resize);
        if (measures.Training is { } training) WriteTraining(writer, training, inputs[0], inputs[2]);
        else foreach (string key in TrainingKeys) writer.WriteNull(key);
        writer.WriteEndObject();
    }

    private static void WriteTraining(Utf8JsonWriter writer, TrainingMeasures training, FidelityInput generated, FidelityInput trained)
    {
        writer.WriteNumber("training_rows", training.Rows);
        WriteShare("memorised", training.Memorised);
        WriteShare("memorised_reference", training.MemorisedReference);
        writer.WritePropertyName("nearest_training_generated");
        training.Generated.WriteJson(writer);
        writer.WritePropertyName("nearest_training_reference");
        training.Reference.WriteJson(writer);
        writer.WriteStartArray("nearest_training");
        for (int row = 0; row < training.Nearest.Count; row++)
        {
            NearestTrainingRow nearest = training.Nearest[row];
            writer.WriteStartObject();
            writer.WriteNumber("row", row);
            writer.WriteNumber("training_row", nearest.Row);
            writer.WriteNumber("cosine", nearest.Cosine);
            writer.WriteString("picture", generated.NameOf(row));
            writer.WriteString("training_picture", trained.NameOf(nearest.Row));
            writer.WriteEndObject();
        }

        writer.WriteEndArray();

        void WriteShare(string name, double? share)
        {
            if (share is { } value) writer.WriteNumber(name, value);
            else writer.WriteNull(name);
        }
    }
}
