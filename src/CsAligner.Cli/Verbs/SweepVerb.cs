using System.CommandLine;
using CsAligner.Cli.Running;
using CsAligner.Cli.Usage;
using CsAligner.Studies.Sessions;
using CsAligner.Studies.Sweeps;
using CsAligner.Tensors.Formats;

namespace CsAligner.Cli.Verbs;

/// <summary><c>csalign sweep</c>: runs a recipe of many alignments and writes their table.</summary>
internal static class SweepVerb
{
    public static Command Create(CommandRunner runner)
    {
        Argument<string> recipePath =
            CommonOptions.Path("RECIPE.json", PathRole.Recipe, "What to run; recipes/ablations holds those of the published tables.");
        Option<string> output =
            CommonOptions.RequiredPath("--out", PathRole.OutputFolder,
                "The folder for results.csv, results.md and pictures; a run that was stopped there goes on.");
        Option<string?> features =
            CommonOptions.OptionalPath("--features", PathRole.OutputFolder,
                "Where embedded features are kept for the next sweep. Left out: features in --out.");
        Option<string?> images =
            CommonOptions.OptionalPath("--images", PathRole.Rows, "Image rows in place of those that the recipe names.");
        Option<string?> texts = CommonOptions.OptionalPath("--texts", PathRole.Rows, "Text rows in place of those that the recipe names.");
        Option<bool> json = CommonOptions.Json();
        var command =
            new Command("sweep", "Run a recipe of many alignments: cases, a grid and seeds, into one table.") { recipePath, output,
                features, images, texts, json };
        runner.SetAction(command, (parsed, session) =>
        {
            string path = parsed.GetRequiredValue(recipePath), folder = parsed.GetRequiredValue(output);
            var recipe = SweepRecipe.Read(path);
            bool embeds = recipe.Data.Model is not null;
            if (embeds && (parsed.GetValue(images) ?? parsed.GetValue(texts)) is not null)
                throw new UsageException(
                    $"--images and --texts are for a recipe of features, and the model of '{path}' makes its own: leave them out");
            if (!embeds && parsed.GetValue(features) is not null)
                throw new UsageException($"--features is for a recipe with a model, and '{path}' names features: leave it out");
            if (parsed.GetValue(images) is { } imagePath) recipe.Data = recipe.Data with { Images = imagePath };
            if (parsed.GetValue(texts) is { } textPath) recipe.Data = recipe.Data with { Texts = textPath };
            using var held = OutputLock.OfFolder(folder);
            IReadOnlyList<SweepResult> results;
            try
            {
                results = new SweepRun(session, recipe, folder, parsed.GetValue(features) ?? Path.Combine(folder, "features")).Run();
            }
            catch (OperationCanceledException stopped)
            {
                throw new StoppedException("stopped; the same command goes on", stopped);
            }

            var pictures = SweepPictures.Write(recipe, results, folder);
            AtomicFile.WriteAllText(Path.Combine(folder, "results.md"),
                WrittenBy.Sign(SweepTable.Markdown(recipe, results, $"csalign sweep {path} --out DIR", pictures)));
            if (parsed.GetValue(json)) session.PrintJson(writer => SweepFile.WriteJson(writer, results));
            session.Terminal.Say($"results.csv and results.md written to {folder}");
        });
        return command;
    }
}
