using System.Text;

namespace Gateway.Runtime.Publishing;

/// <summary>
/// A topic with the placeholders <c>{site}</c>, <c>{device}</c> and <c>{point}</c>. For a message of a whole device the point and the slash before it fall away.
/// </summary>
/// <param name="template">For example <c>{site}/{device}/{point}</c>; validated with the configuration.</param>
/// <param name="site">The site's name.</param>
public sealed class TopicTemplate(string template, string site)
{
    private readonly string _template = template.Replace("{site}", site, StringComparison.Ordinal);

    /// <summary>The topic of a point, or of a whole device if the point is empty.</summary>
    public string Render(string device, string point)
    {
        ArgumentNullException.ThrowIfNull(device);
        ArgumentNullException.ThrowIfNull(point);
        var topic = new StringBuilder(_template);
        if (point.Length == 0)
        {
            topic.Replace("/{point}", "");
        }

        return topic.Replace("{device}", device).Replace("{point}", point).ToString();
    }
}
