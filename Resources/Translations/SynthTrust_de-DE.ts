<?xml version="1.0" encoding="utf-8"?>
<!DOCTYPE TS>
<TS version="2.1" language="de_DE" sourcelanguage="en_US">
<context>
    <name>SynthTrust</name>
    <message>
        <source>How far can this tumor outline be trusted, given that the networks that drew it were trained on different mixes of real and synthetic scans? Choose the patient&apos;s series, run the segmenters, read the scorecard and review the places where they disagree. For research use only.</source>
        <translation>Wie weit kann man diesem Tumorumriss trauen, wenn die Netze, die ihn gezeichnet haben, mit verschiedenen Mischungen aus echten und synthetischen Aufnahmen trainiert wurden? Wählen Sie die Serien des Patienten, starten Sie die Segmentierer, lesen Sie die Scorecard und prüfen Sie die Stellen, an denen sie sich uneinig sind. Nur für die Forschung.</translation>
    </message>
    <message>
        <source>The question comes from Babu et al., Position Paper: Building Trust in Synthetic Data for Clinical AI (arXiv 2502.02076, 2025).</source>
        <translation>Die Frage stammt von Babu et al., Position Paper: Building Trust in Synthetic Data for Clinical AI (arXiv 2502.02076, 2025).</translation>
    </message>
    <message>
        <source>The run on another patient has ended; its result is in the list of results.</source>
        <translation>Die Berechnung an einem anderen Patienten ist beendet; ihr Ergebnis steht in der Liste der Ergebnisse.</translation>
    </message>
    <message>
        <source>Patient</source>
        <translation>Patient</translation>
    </message>
    <message>
        <source>Several patients are loaded: choose whose series are taken.</source>
        <translation>Mehrere Patienten sind geladen: Wählen Sie, wessen Serien genommen werden.</translation>
    </message>
    <message>
        <source>Patient:</source>
        <translation>Patient:</translation>
    </message>
    <message>
        <source>The T1-weighted series without contrast agent.</source>
        <translation>Die T1-gewichtete Serie ohne Kontrastmittel.</translation>
    </message>
    <message>
        <source>T1:</source>
        <translation>T1:</translation>
    </message>
    <message>
        <source>What was found about this series before anything runs.</source>
        <translation>Was über diese Serie festgestellt wurde, bevor etwas läuft.</translation>
    </message>
    <message>
        <source>The T1-weighted series with contrast agent.</source>
        <translation>Die T1-gewichtete Serie mit Kontrastmittel.</translation>
    </message>
    <message>
        <source>T1c:</source>
        <translation>T1c:</translation>
    </message>
    <message>
        <source>The T2-weighted series.</source>
        <translation>Die T2-gewichtete Serie.</translation>
    </message>
    <message>
        <source>T2:</source>
        <translation>T2:</translation>
    </message>
    <message>
        <source>The FLAIR series. Results are drawn on its grid when it is there.</source>
        <translation>Die FLAIR-Serie. Wenn es sie gibt, werden die Ergebnisse auf ihrem Gitter gezeichnet.</translation>
    </message>
    <message>
        <source>FLAIR:</source>
        <translation>FLAIR:</translation>
    </message>
    <message>
        <source>Reference:</source>
        <translation>Referenz:</translation>
    </message>
    <message>
        <source>Optional. Printed on every page of the report. Choose a label that does not identify the patient; nothing is ever taken from DICOM.</source>
        <translation>Freiwillig. Steht auf jeder Seite des Berichts. Wählen Sie eine Bezeichnung, die den Patienten nicht erkennen lässt; aus DICOM wird nie etwas übernommen.</translation>
    </message>
    <message>
        <source>Case label:</source>
        <translation>Fallbezeichnung:</translation>
    </message>
    <message>
        <source>printed on every page; none by default</source>
        <translation>steht auf jeder Seite; von sich aus keine</translation>
    </message>
    <message>
        <source>Optional. The true voxel size in mm along the columns, rows and slices, for images whose header carries a placeholder.</source>
        <translation>Freiwillig. Die wahre Voxelgröße in mm entlang von Spalten, Zeilen und Schichten, für Bilder mit Platzhaltern im Dateikopf.</translation>
    </message>
    <message>
        <source>Voxel size:</source>
        <translation>Voxelgröße:</translation>
    </message>
    <message>
        <source>as in the images; or e.g. 0.5 x 0.5 x 5 mm</source>
        <translation>wie in den Bildern; oder z. B. 0.5 x 0.5 x 5 mm</translation>
    </message>
    <message>
        <source>Find the series again</source>
        <translation>Serien erneut suchen</translation>
    </message>
    <message>
        <source>Load the synthetic sample patient that comes with SynthTrust. It is not a real person.</source>
        <translation>Den synthetischen Beispielpatienten laden, der SynthTrust beiliegt. Er ist kein wirklicher Mensch.</translation>
    </message>
    <message>
        <source>Segmenters</source>
        <translation>Segmentierer</translation>
    </message>
    <message>
        <source>Preset:</source>
        <translation>Auswahl:</translation>
    </message>
    <message>
        <source>A named set of segmenters to compare. Choose rows in the table for a set of your own.</source>
        <translation>Eine benannte Gruppe von Segmentierern zum Vergleich. Für eine eigene Gruppe wählen Sie Zeilen der Tabelle.</translation>
    </message>
    <message>
        <source>The segmenters that are installed. Check those to run; select one to read its card.</source>
        <translation>Die installierten Segmentierer. Haken Sie an, welche laufen sollen; wählen Sie einen, um seine Karte zu lesen.</translation>
    </message>
    <message>
        <source>The card of the selected segmenter: what it was trained on, what was measured, what it must not be used for.</source>
        <translation>Die Karte des gewählten Segmentierers: womit er trainiert wurde, was gemessen wurde, wofür er nicht benutzt werden darf.</translation>
    </message>
    <message>
        <source>Optional. A folder with further segmenter packages. It is remembered on this computer only.</source>
        <translation>Freiwillig. Ein Ordner mit weiteren Segmentierer-Paketen. Er wird nur auf diesem Rechner gemerkt.</translation>
    </message>
    <message>
        <source>Run</source>
        <translation>Starten</translation>
    </message>
    <message>
        <source>What a run of the chosen segmenters on this patient will take.</source>
        <translation>Was ein Lauf der gewählten Segmentierer bei diesem Patienten braucht.</translation>
    </message>
    <message>
        <source>Stop the run. Nothing of it is kept.</source>
        <translation>Den Lauf abbrechen. Nichts davon wird behalten.</translation>
    </message>
    <message>
        <source>Cancel</source>
        <translation>Abbrechen</translation>
    </message>
    <message>
        <source>How far the run is.</source>
        <translation>Wie weit der Lauf ist.</translation>
    </message>
    <message>
        <source>What is being done now.</source>
        <translation>Was gerade geschieht.</translation>
    </message>
    <message>
        <source>Why the last run failed and what to do.</source>
        <translation>Warum der letzte Lauf scheiterte und was zu tun ist.</translation>
    </message>
    <message>
        <source>Show what a developer needs to know about the error.</source>
        <translation>Zeigen, was ein Entwickler über den Fehler wissen muss.</translation>
    </message>
    <message>
        <source>Details</source>
        <translation>Einzelheiten</translation>
    </message>
    <message>
        <source>Open the log of the last run in a text viewer.</source>
        <translation>Das Protokoll des letzten Laufs als Text öffnen.</translation>
    </message>
    <message>
        <source>Open log</source>
        <translation>Protokoll öffnen</translation>
    </message>
    <message>
        <source>Technical details of the last error.</source>
        <translation>Technische Einzelheiten des letzten Fehlers.</translation>
    </message>
    <message>
        <source>Scorecard</source>
        <translation>Scorecard</translation>
    </message>
    <message>
        <source>The run to show. Every run is kept in its own folder of the subject hierarchy.</source>
        <translation>Der Lauf, der gezeigt wird. Jeder Lauf hat seinen eigenen Ordner in der Subject Hierarchy.</translation>
    </message>
    <message>
        <source>Result:</source>
        <translation>Ergebnis:</translation>
    </message>
    <message>
        <source>Show the values of another run beside those of this one.</source>
        <translation>Die Werte eines anderen Laufs neben denen von diesem zeigen.</translation>
    </message>
    <message>
        <source>Where and when the shown result came from.</source>
        <translation>Woher und von wann das gezeigte Ergebnis stammt.</translation>
    </message>
    <message>
        <source>Choose the series again by their names and DICOM attributes: those of the patient above, or of the one loaded last.</source>
        <translation>Die Serien anhand ihrer Namen und DICOM-Attribute neu wählen: die des oben gewählten oder des zuletzt geladenen Patienten.</translation>
    </message>
    <message>
        <source>Cohort</source>
        <translation>Kohorte</translation>
    </message>
    <message>
        <source>The folder of a cohort: many patients that were run as one.</source>
        <translation>Der Ordner einer Kohorte: viele Patienten, die zusammen gerechnet wurden.</translation>
    </message>
    <message>
        <source>The folder of a cohort: many patients that were run as one. It is read when you choose it.</source>
        <translation>Der Ordner einer Kohorte: viele Patienten, die zusammen gerechnet wurden. Er wird gelesen, sobald Sie ihn wählen.</translation>
    </message>
    <message>
        <source>How many patients are done, have failed and wait.</source>
        <translation>Wie viele Patienten fertig sind, gescheitert sind und warten.</translation>
    </message>
    <message>
        <source>The patients, worst first. Double-click one to load it; the one before is put away.</source>
        <translation>Die Patienten, die schlechtesten zuerst. Ein Doppelklick lädt einen; der vorige wird weggeräumt.</translation>
    </message>
    <message>
        <source>Why the selected patient stands where it stands.</source>
        <translation>Warum der gewählte Patient dort steht, wo er steht.</translation>
    </message>
    <message>
        <source>Run all the same…</source>
        <translation>Trotzdem rechnen …</translation>
    </message>
    <message>
        <source>Verdicts as table</source>
        <translation>Urteile als Tabelle</translation>
    </message>
    <message>
        <source>Run patients</source>
        <translation>Patienten rechnen</translation>
    </message>
    <message>
        <source>Patients:</source>
        <translation>Patienten:</translation>
    </message>
    <message>
        <source>none, or such as seg.nii.gz</source>
        <translation>keine, oder etwa seg.nii.gz</translation>
    </message>
    <message>
        <source>Without it, whoever failed is left alone until the images or segmenters change.</source>
        <translation>Ohne das bleibt, wer gescheitert ist, liegen, bis sich Bilder oder Segmentierer ändern.</translation>
    </message>
    <message>
        <source>Again those that failed</source>
        <translation>Gescheiterte noch einmal</translation>
    </message>
    <message>
        <source>What a run does.</source>
        <translation>Was ein Lauf tut.</translation>
    </message>
    <message>
        <source>Stop. Whoever is done stays done, and a later run goes on from there.</source>
        <translation>Anhalten. Wer fertig ist, bleibt fertig, und ein späterer Lauf macht dort weiter.</translation>
    </message>
    <message>
        <source>Your hospital</source>
        <translation>Ihr Krankenhaus</translation>
    </message>
    <message>
        <source>What is in use, and what can be learned.</source>
        <translation>Was verwendet wird, und was gelernt werden kann.</translation>
    </message>
    <message>
        <source>Learn</source>
        <translation>Lernen</translation>
    </message>
    <message>
        <source>Use it</source>
        <translation>Verwenden</translation>
    </message>
    <message>
        <source>Take back</source>
        <translation>Zurücknehmen</translation>
    </message>
    <message>
        <source>How far it is.</source>
        <translation>Wie weit es ist.</translation>
    </message>
    <message>
        <source>What is being done, or what became of it.</source>
        <translation>Was gerade getan wird, oder was daraus wurde.</translation>
    </message>
    <message>
        <source>Optional. A segmentation that you trust, with segments named after the regions: the scorecard then holds the measured Dice, surface distance and volume error.</source>
        <translation>Freiwillig. Eine Segmentierung, der Sie trauen, mit Segmenten, die wie die Regionen heißen (englisch benannt): Die Scorecard enthält dann den gemessenen Dice-Wert, Oberflächenabstand und Volumenfehler.</translation>
    </message>
    <message>
        <source>Load sample patient</source>
        <translation>Beispielpatienten laden</translation>
    </message>
    <message>
        <source>Who draws the outline that status, sizes and predictions are about. The segmenters checked below are its jury.</source>
        <translation>Wer den Umriss zeichnet, von dem Status, Größen und Vorhersagen handeln. Die unten angekreuzten Segmentierer sind seine Jury.</translation>
    </message>
    <message>
        <source>The card of a segmenter says what it was trained on, what was measured, and what it must not be used for.</source>
        <translation>Die Karte eines Segmentierers sagt, womit er trainiert wurde, was gemessen wurde und wofür er nicht benutzt werden darf.</translation>
    </message>
    <message>
        <source>Select a segmenter to read its card.</source>
        <translation>Wählen Sie einen Segmentierer, um seine Karte zu lesen.</translation>
    </message>
    <message>
        <source>More from:</source>
        <translation>Weitere aus:</translation>
    </message>
    <message>
        <source>Segmenters that are there but cannot be used, and why.</source>
        <translation>Segmentierer, die da sind, aber nicht benutzt werden können, und warum.</translation>
    </message>
    <message>
        <source>Segmentations that were drawn by hand or by another program and are loaded in Slicer. They join the comparison without a network.</source>
        <translation>Segmentierungen, die von Hand oder von einem anderen Programm gezeichnet wurden und in Slicer geladen sind. Sie nehmen ohne Netz am Vergleich teil.</translation>
    </message>
    <message>
        <source>Compare:</source>
        <translation>Vergleich:</translation>
    </message>
    <message>
        <source>For each region whether its outline can be relied on, its figures, and why in words. Unknown is grey. There is no overall verdict, by design.</source>
        <translation>Für jede Region, ob man sich auf ihren Umriss verlassen kann, ihre Zahlen und die Begründung in Worten. Unbekanntes ist grau. Ein Gesamturteil gibt es mit Absicht nicht.</translation>
    </message>
    <message>
        <source>Why each region has its status.</source>
        <translation>Warum jede Region ihren Status hat.</translation>
    </message>
    <message>
        <source>Every line of the scorecard with its evidence: measured on this patient, declared by a package, or unknown (grey). The explanation of a line is in its tooltip and below.</source>
        <translation>Jede Zeile der Scorecard mit ihrem Beleg: an diesem Patienten gemessen, von einem Paket angegeben oder unbekannt (grau). Die Erklärung einer Zeile steht in ihrem Tooltip und darunter.</translation>
    </message>
    <message>
        <source>The explanation of the selected line.</source>
        <translation>Die Erklärung der gewählten Zeile.</translation>
    </message>
    <message>
        <source>Plot this patient&apos;s volume against the share of synthetic training cases, in Slicer&apos;s plot view.</source>
        <translation>Das Volumen bei diesem Patienten über dem Anteil synthetischer Trainingsfälle auftragen, in der Diagrammansicht von Slicer.</translation>
    </message>
    <message>
        <source>Dose-response plot</source>
        <translation>Dosis-Wirkungs-Kurve</translation>
    </message>
    <message>
        <source>Remove this result and all its nodes from the scene.</source>
        <translation>Dieses Ergebnis und alle seine Knoten aus der Szene entfernen.</translation>
    </message>
    <message>
        <source>Delete this result</source>
        <translation>Dieses Ergebnis löschen</translation>
    </message>
    <message>
        <source>What this scorecard is and is not.</source>
        <translation>Was diese Scorecard ist und was nicht.</translation>
    </message>
    <message>
        <source>&lt;b&gt;For research use only.&lt;/b&gt; Agreement between segmenters is no proof that they are right. The decision is yours.</source>
        <translation>&lt;b&gt;Nur für die Forschung.&lt;/b&gt; Dass Segmentierer sich einig sind, beweist nicht, dass sie recht haben. Die Entscheidung liegt bei Ihnen.</translation>
    </message>
    <message>
        <source>Look</source>
        <translation>Ansehen</translation>
    </message>
    <message>
        <source>What is drawn over the images (Ctrl+Shift+O goes to the next).</source>
        <translation>Was über die Bilder gezeichnet wird (Strg+Umschalt+O: das Nächste).</translation>
    </message>
    <message>
        <source>Overlay:</source>
        <translation>Überlagerung:</translation>
    </message>
    <message>
        <source>The region whose outlines or map are shown.</source>
        <translation>Die Region, deren Umrisse oder Karte gezeigt werden.</translation>
    </message>
    <message>
        <source>Region:</source>
        <translation>Region:</translation>
    </message>
    <message>
        <source>Images:</source>
        <translation>Bilder:</translation>
    </message>
    <message>
        <source>One large view, three planes with 3D, one linked view per segmenter side by side, or 3D.</source>
        <translation>Eine große Ansicht, drei Ebenen mit 3D, eine gekoppelte Ansicht je Segmentierer nebeneinander, oder 3D.</translation>
    </message>
    <message>
        <source>Layout:</source>
        <translation>Anordnung:</translation>
    </message>
    <message>
        <source>How strongly the overlay covers the images.</source>
        <translation>Wie stark die Überlagerung die Bilder bedeckt.</translation>
    </message>
    <message>
        <source>Opacity:</source>
        <translation>Deckkraft:</translation>
    </message>
    <message>
        <source>Values of a map below this are not shown.</source>
        <translation>Kleinere Werte einer Karte werden nicht gezeigt.</translation>
    </message>
    <message>
        <source>Threshold:</source>
        <translation>Schwelle:</translation>
    </message>
    <message>
        <source>Show the colour legend of the map in the views.</source>
        <translation>Die Farblegende der Karte in den Ansichten zeigen.</translation>
    </message>
    <message>
        <source>Legend</source>
        <translation>Legende</translation>
    </message>
    <message>
        <source>Border margin</source>
        <translation>Randbereich</translation>
    </message>
    <message>
        <source>Show the previous six segmenters side by side.</source>
        <translation>Die vorigen sechs Segmentierer nebeneinander zeigen.</translation>
    </message>
    <message>
        <source>‹</source>
        <translation>‹</translation>
    </message>
    <message>
        <source>Which segmenters are shown side by side.</source>
        <translation>Welche Segmentierer nebeneinander zu sehen sind.</translation>
    </message>
    <message>
        <source>Show the next six segmenters side by side.</source>
        <translation>Die nächsten sechs Segmentierer nebeneinander zeigen.</translation>
    </message>
    <message>
        <source>›</source>
        <translation>›</translation>
    </message>
    <message>
        <source>The colour of each segmenter&apos;s outline.</source>
        <translation>Die Farbe des Umrisses von jedem Segmentierer.</translation>
    </message>
    <message>
        <source>What is in doubt at the selected spot.</source>
        <translation>Was an der gewählten Stelle fraglich ist.</translation>
    </message>
    <message>
        <source>Go to the previous review spot (Ctrl+Shift+B).</source>
        <translation>Zur vorigen Prüfstelle (Strg+Umschalt+B).</translation>
    </message>
    <message>
        <source>Record times and clicks</source>
        <translation>Zeiten und Klicks aufzeichnen</translation>
    </message>
    <message>
        <source>Where times and clicks are recorded.</source>
        <translation>Wohin Zeiten und Klicks aufgezeichnet werden.</translation>
    </message>
    <message>
        <source>Previous</source>
        <translation>Vorige</translation>
    </message>
    <message>
        <source>Next</source>
        <translation>Nächste</translation>
    </message>
    <message>
        <source>Open report</source>
        <translation>Bericht öffnen</translation>
    </message>
    <message>
        <source>Go to the next review spot (Ctrl+Shift+N).</source>
        <translation>Zur nächsten Prüfstelle (Strg+Umschalt+N).</translation>
    </message>
    <message>
        <source>Your verdict</source>
        <translation>Ihr Urteil</translation>
    </message>
    <message>
        <source>Your judgement for each region. It is kept in the scene and in every exported file.</source>
        <translation>Ihr Urteil über jede Region. Es bleibt in der Szene und in jeder exportierten Datei.</translation>
    </message>
    <message>
        <source>Who gives this verdict; kept in the scene and in exported files.</source>
        <translation>Wer dieses Urteil abgibt; bleibt in der Szene und in exportierten Dateien.</translation>
    </message>
    <message>
        <source>Reviewer:</source>
        <translation>Geprüft von:</translation>
    </message>
    <message>
        <source>your name or initials</source>
        <translation>Ihr Name oder Kürzel</translation>
    </message>
    <message>
        <source>Record verdict</source>
        <translation>Urteil festhalten</translation>
    </message>
    <message>
        <source>Edit an outline…</source>
        <translation>Umriss bearbeiten…</translation>
    </message>
    <message>
        <source>What has been recorded.</source>
        <translation>Was festgehalten wurde.</translation>
    </message>
    <message>
        <source>Outlines that were changed after the run, measured again.</source>
        <translation>Umrisse, die nach dem Lauf geändert wurden, neu gemessen.</translation>
    </message>
    <message>
        <source>Export</source>
        <translation>Exportieren</translation>
    </message>
    <message>
        <source>Folder:</source>
        <translation>Ordner:</translation>
    </message>
    <message>
        <source>A folder with one folder a patient, a BIDS folder, a DICOM tree, or a table of paths. Type or paste the path of a table.</source>
        <translation>Ein Ordner mit einem Ordner je Patient, ein BIDS-Ordner, ein DICOM-Baum oder eine Tabelle von Pfaden. Den Pfad einer Tabelle hineinschreiben oder einfügen.</translation>
    </message>
    <message>
        <source>To measure against: the name of an outline in each patient&apos;s folder, such as seg.nii.gz or *_seg.nii.gz, or a column of the table.</source>
        <translation>Woran gemessen wird: der Name eines Umrisses im Ordner jedes Patienten, wie seg.nii.gz oder *_seg.nii.gz, oder eine Spalte der Tabelle.</translation>
    </message>
    <message>
        <source>Outline by:</source>
        <translation>Umriss von:</translation>
    </message>
    <message>
        <source>The series that is shown under the overlay. The best one follows the region: enhancing tumor is looked for on T1c.</source>
        <translation>Die Serie, die unter der Überlagerung gezeigt wird. Die beste folgt der Region: Anreichernder Tumor wird auf T1c gesucht.</translation>
    </message>
    <message>
        <source>Show the band around the border of record that holds the true border in the stated share of patients.</source>
        <translation>Das Band um den maßgebenden Rand zeigen, in dem beim angegebenen Anteil der Patienten der wahre Rand liegt.</translation>
    </message>
    <message>
        <source>Places worth a decision, ranked by what settling them is expected to gain. Selecting one moves every view to it.</source>
        <translation>Orte, die eine Entscheidung lohnen, geordnet nach dem erwarteten Gewinn. Eine Auswahl führt alle Ansichten dorthin.</translation>
    </message>
    <message>
        <source>Include all that is disputed at this spot in your outline (Ctrl+Shift+I). The next spot opens.</source>
        <translation>Alles, was hier strittig ist, in Ihren Umriss einschließen (Strg+Umschalt+I). Die nächste Stelle öffnet sich.</translation>
    </message>
    <message>
        <source>Include</source>
        <translation>Einschließen</translation>
    </message>
    <message>
        <source>Leave all that is disputed at this spot out of your outline (Ctrl+Shift+L). The next spot opens.</source>
        <translation>Alles, was hier strittig ist, aus Ihrem Umriss weglassen (Strg+Umschalt+L). Die nächste Stelle öffnet sich.</translation>
    </message>
    <message>
        <source>Leave out</source>
        <translation>Weglassen</translation>
    </message>
    <message>
        <source>The outline of record is right here (Ctrl+Shift+K). The next spot opens.</source>
        <translation>Der maßgebende Umriss stimmt hier (Strg+Umschalt+K). Die nächste Stelle öffnet sich.</translation>
    </message>
    <message>
        <source>Keep</source>
        <translation>Behalten</translation>
    </message>
    <message>
        <source>Draw here yourself: the Segment Editor opens, limited to this neighbourhood (Ctrl+Shift+P).</source>
        <translation>Hier selbst zeichnen: Der Segment Editor öffnet sich, auf diese Umgebung begrenzt (Strg+Umschalt+P).</translation>
    </message>
    <message>
        <source>Paint</source>
        <translation>Malen</translation>
    </message>
    <message>
        <source>Whose outline to take at this spot (Ctrl+Shift+G: the next one). A dashed line shows what it would draw, also while you point at it in the list.</source>
        <translation>Wessen Kontur hier gelten soll (Strg+Umschalt+G: die nächste). Eine gestrichelte Linie zeigt, was sie zeichnen würde, auch während Sie in der Liste auf sie zeigen.</translation>
    </message>
    <message>
        <source>Take the chosen outline here (Ctrl+Shift+T). The next spot opens.</source>
        <translation>Den gewählten Umriss hier übernehmen (Strg+Umschalt+T). Die nächste Stelle öffnet sich.</translation>
    </message>
    <message>
        <source>Take</source>
        <translation>Übernehmen</translation>
    </message>
    <message>
        <source>Take the last decision back (Ctrl+Shift+U).</source>
        <translation>Die letzte Entscheidung zurücknehmen (Strg+Umschalt+U).</translation>
    </message>
    <message>
        <source>Undo</source>
        <translation>Zurück</translation>
    </message>
    <message>
        <source>Make the decision again that was taken back (Ctrl+Shift+Y).</source>
        <translation>Die zurückgenommene Entscheidung wieder treffen (Strg+Umschalt+Y).</translation>
    </message>
    <message>
        <source>Redo</source>
        <translation>Wieder</translation>
    </message>
    <message>
        <source>What your outline measured before and measures now.</source>
        <translation>Was Ihr Umriss vorher maß und jetzt misst.</translation>
    </message>
    <message>
        <source>Open the outline of record in the Segment Editor. Its volume, diameters and agreement are measured again while you edit.</source>
        <translation>Den maßgebenden Umriss im Segment Editor öffnen. Volumen, Durchmesser und Übereinstimmung werden beim Bearbeiten neu gemessen.</translation>
    </message>
    <message>
        <source>The folder that the files are written to. A new folder is made in it for each export.</source>
        <translation>Der Ordner, in den geschrieben wird. Jeder Export bekommt darin einen neuen Ordner.</translation>
    </message>
    <message>
        <source>The report as one HTML file that opens offline and prints well.</source>
        <translation>Der Bericht als eine HTML-Datei, die ohne Netz aufgeht und sich gut drucken lässt.</translation>
    </message>
    <message>
        <source>Report</source>
        <translation>Bericht</translation>
    </message>
    <message>
        <source>The scorecard as JSON, with your verdict.</source>
        <translation>Die Scorecard als JSON, mit Ihrem Urteil.</translation>
    </message>
    <message>
        <source>The scorecard, the review spots and your verdict as CSV.</source>
        <translation>Scorecard, Prüfstellen und Ihr Urteil als CSV.</translation>
    </message>
    <message>
        <source>Tables</source>
        <translation>Tabellen</translation>
    </message>
    <message>
        <source>Every outline as NIfTI, as it is now, edits included.</source>
        <translation>Jeder Umriss als NIfTI, so wie er jetzt ist, mit Ihren Änderungen.</translation>
    </message>
    <message>
        <source>Outlines</source>
        <translation>Umrisse</translation>
    </message>
    <message>
        <source>Every outline as DICOM SEG, the figures as a DICOM report. These files name the patient.</source>
        <translation>Jeder Umriss als DICOM SEG, die Zahlen als DICOM-Bericht. Diese Dateien nennen den Patienten.</translation>
    </message>
    <message>
        <source>DICOM</source>
        <translation>DICOM</translation>
    </message>
    <message>
        <source>Add copies of the DICOM files to Slicer&apos;s DICOM database on this computer. Nothing is sent to an archive.</source>
        <translation>Fügt Kopien der DICOM-Dateien der DICOM-Datenbank von Slicer auf diesem Rechner hinzu. Nichts wird an ein Archiv gesendet.</translation>
    </message>
    <message>
        <source>Database</source>
        <translation>Datenbank</translation>
    </message>
    <message>
        <source>Open the report of this result in the web browser.</source>
        <translation>Den Bericht zu diesem Ergebnis im Browser öffnen.</translation>
    </message>
    <message>
        <source>What was written where.</source>
        <translation>Was wohin geschrieben wurde.</translation>
    </message>
</context>
<context>
    <name>SynthTrustLib</name>
    <message>
        <source>whole tumor</source>
        <translation>ganzer Tumor</translation>
    </message>
    <message>
        <source>tumor core</source>
        <translation>Tumorkern</translation>
    </message>
    <message>
        <source>enhancing tumor</source>
        <translation>anreichernder Tumor</translation>
    </message>
    <message>
        <source>disagreement</source>
        <translation>Uneinigkeit</translation>
    </message>
    <message>
        <source>uncertainty</source>
        <translation>Unsicherheit</translation>
    </message>
    <message>
        <source>mix influence</source>
        <translation>Einfluss der Mischung</translation>
    </message>
    <message>
        <source>information</source>
        <translation>Hinweis</translation>
    </message>
    <message>
        <source>agree</source>
        <translation>einig</translation>
    </message>
    <message>
        <source>check</source>
        <translation>prüfen</translation>
    </message>
    <message>
        <source>do not rely</source>
        <translation>nicht verlassen</translation>
    </message>
    <message>
        <source>unknown</source>
        <translation>unbekannt</translation>
    </message>
    <message>
        <source>measured</source>
        <translation>gemessen</translation>
    </message>
    <message>
        <source>declared</source>
        <translation>angegeben</translation>
    </message>
    <message>
        <source>accept</source>
        <translation>annehmen</translation>
    </message>
    <message>
        <source>accept with edits</source>
        <translation>mit Änderungen annehmen</translation>
    </message>
    <message>
        <source>reject</source>
        <translation>ablehnen</translation>
    </message>
    <message>
        <source>What to do, region by region</source>
        <translation>Was zu tun ist, Region für Region</translation>
    </message>
    <message>
        <source>Input: what was loaded, checked and changed</source>
        <translation>Eingabe: was geladen, geprüft und geändert wurde</translation>
    </message>
    <message>
        <source>Size</source>
        <translation>Größe</translation>
    </message>
    <message>
        <source>Agreement between segmenters</source>
        <translation>Übereinstimmung der Segmentierer</translation>
    </message>
    <message>
        <source>Uncertainty</source>
        <translation>Unsicherheit</translation>
    </message>
    <message>
        <source>Influence of synthetic training data</source>
        <translation>Einfluss synthetischer Trainingsdaten</translation>
    </message>
    <message>
        <source>Predictions with a track record</source>
        <translation>Vorhersagen mit Bewährungsnachweis</translation>
    </message>
    <message>
        <source>Against the reference mask</source>
        <translation>Gegen die Referenzmaske</translation>
    </message>
    <message>
        <source>Segmenters</source>
        <translation>Segmentierer</translation>
    </message>
    <message>
        <source>done</source>
        <translation>fertig</translation>
    </message>
    <message>
        <source>failed</source>
        <translation>gescheitert</translation>
    </message>
    <message>
        <source>needs a look</source>
        <translation>anzusehen</translation>
    </message>
    <message>
        <source>waiting</source>
        <translation>wartend</translation>
    </message>
    <message>
        <source>differ</source>
        <translation>uneins</translation>
    </message>
    <message>
        <source>Reading the patient</source>
        <translation>Patient wird gelesen</translation>
    </message>
    <message>
        <source>preparing the images</source>
        <translation>Bilder werden vorbereitet</translation>
    </message>
    <message>
        <source>comparing the segmenters</source>
        <translation>Segmentierer werden verglichen</translation>
    </message>
    <message>
        <source>weighing the answers</source>
        <translation>Antworten werden gewichtet</translation>
    </message>
    <message>
        <source>writing the maps</source>
        <translation>Karten werden geschrieben</translation>
    </message>
</context>
<context>
    <name>SynthTrustPanel.choices</name>
    <message>
        <source>Best for {region}: {contrast}</source>
        <translation>Am besten für {region}: {contrast}</translation>
    </message>
</context>
<context>
    <name>SynthTrustPanel.cohortLogic</name>
    <message>
        <source>A run is under way.</source>
        <translation>Ein Lauf ist im Gange.</translation>
    </message>
</context>
<context>
    <name>SynthTrustPanel.cohortRuns</name>
    <message>
        <source>A run is under way.</source>
        <translation>Ein Lauf ist im Gange.</translation>
    </message>
    <message>
        <source>Choose the folder that the results go into, above.</source>
        <translation>Wählen Sie oben den Ordner, in den die Ergebnisse kommen.</translation>
    </message>
    <message>
        <source>Choose a folder or a table of patients.</source>
        <translation>Wählen Sie einen Ordner oder eine Tabelle mit Patienten.</translation>
    </message>
    <message>
        <source>Run the chosen segmenters on every patient. Whoever is done is not run again.</source>
        <translation>Die gewählten Segmentierer auf jeden Patienten anwenden. Wer fertig ist, wird nicht noch einmal gerechnet.</translation>
    </message>
    <message>
        <source>Runs the chosen segmenters on every patient, and goes on where an earlier run stood.</source>
        <translation>Wendet die gewählten Segmentierer auf jeden Patienten an und macht dort weiter, wo ein früherer Lauf stand.</translation>
    </message>
    <message>
        <source>Run this patient in spite of what needs a look, and whoever waits.</source>
        <translation>Diesen Patienten trotz der Bedenken rechnen, und alle, die warten.</translation>
    </message>
    <message>
        <source>Open a cohort first.</source>
        <translation>Öffnen Sie zuerst eine Kohorte.</translation>
    </message>
    <message>
        <source>Learn status and predictions from this cohort&apos;s references, and show how well they do. Replaces nothing.</source>
        <translation>Status und Vorhersagen aus den Referenzen dieser Kohorte lernen und zeigen, wie gut sie sind. Ersetzt nichts.</translation>
    </message>
    <message>
        <source>Judge patients by what was learned from now on.</source>
        <translation>Patienten von nun an nach dem Gelernten beurteilen.</translation>
    </message>
    <message>
        <source>Learn first, and look at it.</source>
        <translation>Lernen Sie zuerst, und sehen Sie es sich an.</translation>
    </message>
    <message>
        <source>Nothing was learned at this hospital yet.</source>
        <translation>In diesem Krankenhaus wurde noch nichts gelernt.</translation>
    </message>
    <message>
        <source>Take back what was learned last.</source>
        <translation>Das zuletzt Gelernte zurücknehmen.</translation>
    </message>
    <message>
        <source>In use: {file}, beside what SynthTrust ships.</source>
        <translation>Verwendet wird {file}, neben dem, was SynthTrust mitbringt.</translation>
    </message>
    <message>
        <source>In use: what SynthTrust ships. Patients with references teach status and predictions.</source>
        <translation>Verwendet wird, was SynthTrust mitbringt. Patienten mit Referenzen lehren Status und Vorhersagen.</translation>
    </message>
    <message>
        <source>Please look at this before the patient is run:

{concerns}

Run all the same?</source>
        <translation>Bitte ansehen, bevor der Patient gerechnet wird:

{concerns}

Trotzdem rechnen?</translation>
    </message>
    <message>
        <source>To run many patients</source>
        <translation>Um viele Patienten zu rechnen</translation>
    </message>
    <message>
        <source>To show what was learned</source>
        <translation>Um zu zeigen, was gelernt wurde</translation>
    </message>
    <message>
        <source>Judge patients by what was learned from this cohort from now on? You can take it back.</source>
        <translation>Patienten von nun an nach dem beurteilen, was aus dieser Kohorte gelernt wurde? Sie können es zurücknehmen.</translation>
    </message>
    <message>
        <source>Take back what was learned at this hospital last?</source>
        <translation>Zurücknehmen, was in diesem Krankenhaus zuletzt gelernt wurde?</translation>
    </message>
    <message>
        <source>It cannot be taken back.</source>
        <translation>Es kann nicht zurückgenommen werden.</translation>
    </message>
    <message>
        <source>what SynthTrust ships</source>
        <translation>was SynthTrust mitbringt</translation>
    </message>
    <message>
        <source>In use: {what}.</source>
        <translation>Verwendet wird: {what}.</translation>
    </message>
    <message>
        <source>Starting…</source>
        <translation>Wird gestartet…</translation>
    </message>
    <message>
        <source>It was stopped. Whoever is done stays done.</source>
        <translation>Es wurde angehalten. Wer fertig ist, bleibt fertig.</translation>
    </message>
    <message>
        <source>It cannot be started.</source>
        <translation>Es kann nicht gestartet werden.</translation>
    </message>
    <message>
        <source>Stopping…</source>
        <translation>Wird abgebrochen…</translation>
    </message>
</context>
<context>
    <name>SynthTrustPanel.cohortSection</name>
    <message>
        <source>Load the patient above, and put this one away (Ctrl+Shift+PgUp).</source>
        <translation>Den Patienten darüber laden und diesen wegräumen (Strg+Umschalt+Bild auf).</translation>
    </message>
    <message>
        <source>Load the patient below, and put this one away (Ctrl+Shift+PgDown).</source>
        <translation>Den Patienten darunter laden und diesen wegräumen (Strg+Umschalt+Bild ab).</translation>
    </message>
    <message>
        <source>Write the verdicts of all readers as one table into the cohort&apos;s folder.</source>
        <translation>Die Urteile aller Leser als eine Tabelle in den Ordner der Kohorte schreiben.</translation>
    </message>
    <message>
        <source>There is no verdict in this cohort yet.</source>
        <translation>In dieser Kohorte gibt es noch kein Urteil.</translation>
    </message>
    <message>
        <source>Choose the folder of a cohort, or an empty one to run patients into.</source>
        <translation>Wählen Sie den Ordner einer Kohorte, oder einen leeren, in den Patienten gerechnet werden.</translation>
    </message>
    <message>
        <source>{count} patient: {parts}.</source>
        <translation>{count} Patient: {parts}.</translation>
    </message>
    <message>
        <source>{count} patients: {parts}.</source>
        <translation>{count} Patienten: {parts}.</translation>
    </message>
    <message>
        <source>As you know them; the key where the local file does not tell.</source>
        <translation>Wie Sie sie kennen; der Schlüssel, wo die Datei an diesem Ort es nicht sagt.</translation>
    </message>
    <message>
        <source>Patient</source>
        <translation>Patient</translation>
    </message>
    <message>
        <source>Of all readers; differ: they are not of one mind.</source>
        <translation>Aller Leser; uneins: sie sind nicht einer Meinung.</translation>
    </message>
    <message>
        <source>Verdict</source>
        <translation>Urteil</translation>
    </message>
    <message>
        <source>The status as a colour; the number is the predicted Dice, a dot where none is predicted.</source>
        <translation>Der Status als Farbe; die Zahl ist der vorhergesagte Dice-Wert, ein Punkt, wo keiner vorhergesagt wird.</translation>
    </message>
    <message>
        <source>Reading the cohort, {percent} %</source>
        <translation>Liest die Kohorte, {percent} %</translation>
    </message>
    <message>
        <source>The scans are unlike those that predictions were learned from.</source>
        <translation>Die Aufnahmen sind anders als die, an denen die Vorhersagen gelernt wurden.</translation>
    </message>
    <message>
        <source>There is no result to load for this patient.</source>
        <translation>Für diesen Patienten gibt es kein Ergebnis zu laden.</translation>
    </message>
    <message>
        <source>Loading the patient, {percent} %</source>
        <translation>Lädt den Patienten, {percent} %</translation>
    </message>
    <message>
        <source>Outlines of this patient were edited. Put the patient away, and lose what was not exported?</source>
        <translation>Umrisse dieses Patienten wurden bearbeitet. Den Patienten wegräumen und verlieren, was nicht exportiert wurde?</translation>
    </message>
    <message>
        <source>A verdict was chosen and not recorded. Put the patient away without it?</source>
        <translation>Ein Urteil wurde gewählt und nicht festgehalten. Den Patienten ohne es weglegen?</translation>
    </message>
    <message>
        <source>The verdict is in the scene, and not in the cohort&apos;s folder.</source>
        <translation>Das Urteil ist in der Szene, aber nicht im Ordner der Kohorte.</translation>
    </message>
    <message>
        <source>The verdict was written into the cohort&apos;s folder.</source>
        <translation>Das Urteil wurde in den Ordner der Kohorte geschrieben.</translation>
    </message>
    <message>
        <source>The table cannot be written.</source>
        <translation>Die Tabelle kann nicht geschrieben werden.</translation>
    </message>
    <message>
        <source>The verdicts were written to {path}.</source>
        <translation>Die Urteile wurden nach {path} geschrieben.</translation>
    </message>
</context>
<context>
    <name>SynthTrustPanel.correctionSection</name>
    <message>
        <source>Take an outline here</source>
        <translation>Einen Umriss hier übernehmen</translation>
    </message>
    <message>
        <source>The spot cannot be settled.</source>
        <translation>Über diese Stelle kann nicht entschieden werden.</translation>
    </message>
    <message>
        <source>The outline cannot be opened in the Segment Editor.</source>
        <translation>Der Umriss kann nicht im Segment Editor geöffnet werden.</translation>
    </message>
    <message>
        <source>The outline cannot be shown.</source>
        <translation>Der Umriss kann nicht gezeigt werden.</translation>
    </message>
    <message>
        <source>The decision cannot be changed.</source>
        <translation>Die Entscheidung kann nicht geändert werden.</translation>
    </message>
    <message>
        <source>the jury together</source>
        <translation>die Jury zusammen</translation>
    </message>
    <message>
        <source>only what {name} adds</source>
        <translation>nur was {name} hinzufügt</translation>
    </message>
    <message>
        <source>only what {name} leaves out</source>
        <translation>nur was {name} weglässt</translation>
    </message>
    <message>
        <source>{region}: {before} before, {after} now</source>
        <translation>{region}: vorher {before}, jetzt {after}</translation>
    </message>
    <message>
        <source>; predicted Dice: edited, before it was {dice}</source>
        <translation>; vorhergesagter Dice: bearbeitet, vorher {dice}</translation>
    </message>
    <message>
        <source>Nothing differs from the outline of record.</source>
        <translation>Nichts weicht vom maßgebenden Umriss ab.</translation>
    </message>
</context>
<context>
    <name>SynthTrustPanel.exportSection</name>
    <message>
        <source>Files are being written.</source>
        <translation>Es werden gerade Dateien geschrieben.</translation>
    </message>
    <message>
        <source>There is no result to export yet.</source>
        <translation>Es gibt noch kein Ergebnis zum Exportieren.</translation>
    </message>
    <message>
        <source>Choose what to export.</source>
        <translation>Wählen Sie, was exportiert werden soll.</translation>
    </message>
    <message>
        <source>Choose a folder that exists.</source>
        <translation>Wählen Sie einen Ordner, den es gibt.</translation>
    </message>
    <message>
        <source>Write the chosen files into a new folder there.</source>
        <translation>Die gewählten Dateien dort in einen neuen Ordner schreiben.</translation>
    </message>
    <message>
        <source>Open the report of this result in the web browser.</source>
        <translation>Den Bericht zu diesem Ergebnis im Browser öffnen.</translation>
    </message>
    <message>
        <source>There is no report to open.</source>
        <translation>Es gibt keinen Bericht zum Öffnen.</translation>
    </message>
    <message>
        <source>Every outline as DICOM SEG, the figures as a DICOM report. These files name the patient.</source>
        <translation>Jeder Umriss als DICOM SEG, die Zahlen als DICOM-Bericht. Diese Dateien nennen den Patienten.</translation>
    </message>
    <message>
        <source>DICOM SEG: only for a patient whose series were loaded from the DICOM database.</source>
        <translation>DICOM SEG: nur für einen Patienten, dessen Serien aus der DICOM-Datenbank geladen wurden.</translation>
    </message>
    <message>
        <source>To write DICOM SEG</source>
        <translation>Um DICOM SEG zu schreiben</translation>
    </message>
    <message>
        <source>The result cannot be exported.</source>
        <translation>Das Ergebnis kann nicht exportiert werden.</translation>
    </message>
    <message>
        <source>Writing, {percent} %</source>
        <translation>Wird geschrieben, {percent} %</translation>
    </message>
    <message>
        <source>{count} files were written to {folder}</source>
        <translation>{count} Dateien wurden nach {folder} geschrieben</translation>
    </message>
    <message>
        <source>Slicer&apos;s DICOM database has the DICOM files, too.</source>
        <translation>Die DICOM-Datenbank von Slicer enthält die DICOM-Dateien jetzt auch.</translation>
    </message>
    <message>
        <source>They could not be added to Slicer&apos;s DICOM database: open it in the module DICOM first.</source>
        <translation>Der DICOM-Datenbank von Slicer ließen sie sich nicht hinzufügen: öffnen Sie sie zuerst im Modul DICOM.</translation>
    </message>
    <message>
        <source>The report cannot be opened.</source>
        <translation>Der Bericht kann nicht geöffnet werden.</translation>
    </message>
</context>
<context>
    <name>SynthTrustPanel.inputs</name>
    <message>
        <source>Write the voxel size as three numbers from 0.1 to 20 mm, e.g. 0.5 x 0.5 x 5.</source>
        <translation>Geben Sie die Voxelgröße als drei Zahlen von 0,1 bis 20 mm an, z. B. 0.5 x 0.5 x 5.</translation>
    </message>
</context>
<context>
    <name>SynthTrustPanel.installing</name>
    <message>
        <source>{name}, about {size} MB</source>
        <translation>{name}, etwa {size} MB</translation>
    </message>
    <message>
        <source>{purpose}, SynthTrust needs packages that Slicer does not bring. About {size} MB will be downloaded from the Python Package Index and installed into Slicer:

{packages}

Install them now?</source>
        <translation>{purpose}, braucht SynthTrust Pakete, die Slicer nicht mitbringt. Etwa {size} MB werden vom Python Package Index geladen und in Slicer installiert:

{packages}

Jetzt installieren?</translation>
    </message>
    <message>
        <source>It was not started: the packages that it needs were not installed.</source>
        <translation>Es wurde nicht begonnen: die Pakete, die es braucht, wurden nicht installiert.</translation>
    </message>
    <message>
        <source>The packages could not be installed. Check the connection to the internet, or install them from files with PythonSlicer -m pip install, then try again.</source>
        <translation>Die Pakete konnten nicht installiert werden. Prüfen Sie die Verbindung zum Internet oder installieren Sie sie mit PythonSlicer -m pip install aus Dateien und versuchen Sie es dann noch einmal.</translation>
    </message>
</context>
<context>
    <name>SynthTrustPanel.lookSection</name>
    <message>
        <source>#</source>
        <translation>Nr.</translation>
    </message>
    <message>
        <source>Rank: the first is the place where settling the outline is expected to pay most.</source>
        <translation>Rang: Beim ersten bringt eine Entscheidung voraussichtlich am meisten.</translation>
    </message>
    <message>
        <source>Place</source>
        <translation>Stelle</translation>
    </message>
    <message>
        <source>The region that is in doubt there, and the volume of the place that is in doubt.</source>
        <translation>Die Region, die dort zweifelhaft ist, und das Volumen der zweifelhaften Stelle.</translation>
    </message>
    <message>
        <source>Disagreement</source>
        <translation>Uneinigkeit</translation>
    </message>
    <message>
        <source>Show the band around the border of record that holds the true border in the stated share of patients.</source>
        <translation>Das Band um den maßgebenden Rand zeigen, in dem beim angegebenen Anteil der Patienten der wahre Rand liegt.</translation>
    </message>
    <message>
        <source>Mean disagreement there, 0 to 1.</source>
        <translation>Mittlere Uneinigkeit an dieser Stelle, 0 bis 1.</translation>
    </message>
    <message>
        <source>The shown result states no border margin; the scorecard says why.</source>
        <translation>Das gezeigte Ergebnis gibt keinen Randbereich an; warum, steht auf der Scorecard.</translation>
    </message>
    <message>
        <source>page {page} of {pages}</source>
        <translation>Seite {page} von {pages}</translation>
    </message>
    <message>
        <source>Select a spot to go there and to read what is in doubt.</source>
        <translation>Wählen Sie eine Stelle, um dorthin zu gehen und zu lesen, was fraglich ist.</translation>
    </message>
</context>
<context>
    <name>SynthTrustPanel.outlinesSection</name>
    <message>
        <source>Outline</source>
        <translation>Umriss</translation>
    </message>
    <message>
        <source>Check an outline to compare it; its name is printed in the report. Below it are the regions that it tells: only those that every outline tells are compared.</source>
        <translation>Haken Sie einen Umriss an, um ihn zu vergleichen; sein Name steht im Bericht. Darunter stehen die Regionen, die er angibt: Nur solche, die jeder Umriss angibt, werden verglichen.</translation>
    </message>
    <message>
        <source>Labels</source>
        <translation>Labels</translation>
    </message>
    <message>
        <source>What its segments mean: what they are named, the labels of the task (of BraTS: 1 necrosis, 2 edema, 3 or 4 enhancing), or all of them the outermost region.</source>
        <translation>Was seine Segmente bedeuten: wie sie heißen, die Labels der Aufgabe (von BraTS: 1 Nekrose, 2 Ödem, 3 oder 4 anreichernd), oder alle zusammen die äußerste Region.</translation>
    </message>
    <message>
        <source>labels of the task</source>
        <translation>Labels der Aufgabe</translation>
    </message>
    <message>
        <source>as they are named</source>
        <translation>wie sie heißen</translation>
    </message>
    <message>
        <source>all {region}</source>
        <translation>alles: {region}</translation>
    </message>
    <message>
        <source>BraTS labels</source>
        <translation>BraTS-Labels</translation>
    </message>
    <message>
        <source>Outlines made elsewhere, to compare too:</source>
        <translation>Anderswo erstellte Umrisse, die verglichen werden sollen:</translation>
    </message>
    <message>
        <source>Outlines made elsewhere can be compared too: load them as segmentations.</source>
        <translation>Auch anderswo erstellte Umrisse können verglichen werden: Laden Sie sie als Segmentierungen.</translation>
    </message>
</context>
<context>
    <name>SynthTrustPanel.parameters</name>
    <message>
        <source>Outlines of all segmenters</source>
        <translation>Umrisse aller Segmentierer</translation>
    </message>
    <message>
        <source>Nothing</source>
        <translation>Nichts</translation>
    </message>
    <message>
        <source>Three planes and 3D</source>
        <translation>Drei Ebenen und 3D</translation>
    </message>
    <message>
        <source>One view</source>
        <translation>Eine Ansicht</translation>
    </message>
    <message>
        <source>Segmenters side by side</source>
        <translation>Segmentierer nebeneinander</translation>
    </message>
    <message>
        <source>3D</source>
        <translation>3D</translation>
    </message>
</context>
<context>
    <name>SynthTrustPanel.patientSection</name>
    <message>
        <source>{text} (chosen by {reason})</source>
        <translation>{text} (gewählt wegen {reason})</translation>
    </message>
    <message>
        <source>my own choice</source>
        <translation>eigene Auswahl</translation>
    </message>
    <message>
        <source>Case label, voxel size and reference of {patient} were put aside; they come back with that patient.</source>
        <translation>Fallbezeichnung, Voxelgröße und Referenz von {patient} sind beiseitegelegt; sie kommen mit diesem Patienten zurück.</translation>
    </message>
    <message>
        <source>Case label, voxel size and reference of the patient before were cleared.</source>
        <translation>Fallbezeichnung, Voxelgröße und Referenz des vorigen Patienten wurden gelöscht.</translation>
    </message>
    <message>
        <source>the patient before</source>
        <translation>dem vorigen Patienten</translation>
    </message>
    <message>
        <source>The views show {volume}, which is not a chosen series.</source>
        <translation>Die Ansichten zeigen {volume}; das ist keine gewählte Serie.</translation>
    </message>
    <message>
        <source>Another patient was loaded. Panel and views stay with {patient}.</source>
        <translation>Ein weiterer Patient wurde geladen. Bedienfeld und Ansichten bleiben bei {patient}.</translation>
    </message>
    <message>
        <source>Choose at least one series of the patient.</source>
        <translation>Wählen Sie mindestens eine Serie des Patienten.</translation>
    </message>
    <message>
        <source>{contrast} {reason}</source>
        <translation>{contrast} {reason}</translation>
    </message>
    <message>
        <source>The sample patient cannot be loaded.</source>
        <translation>Der Beispielpatient kann nicht geladen werden.</translation>
    </message>
</context>
<context>
    <name>SynthTrustPanel.runSection</name>
    <message>
        <source>A run is under way.</source>
        <translation>Ein Lauf ist im Gange.</translation>
    </message>
    <message>
        <source>Run</source>
        <translation>Starten</translation>
    </message>
    <message>
        <source>Run on {patient}</source>
        <translation>Starten: {patient}</translation>
    </message>
    <message>
        <source>Run the chosen segmenters on {patient} (Ctrl+Shift+R).</source>
        <translation>Die gewählten Segmentierer auf {patient} anwenden (Strg+Umschalt+R).</translation>
    </message>
    <message>
        <source>this patient</source>
        <translation>diesen Patienten</translation>
    </message>
    <message>
        <source>Open the log of the last run in a text viewer.</source>
        <translation>Das Protokoll des letzten Laufs als Text öffnen.</translation>
    </message>
    <message>
        <source>There was no run yet.</source>
        <translation>Es gab noch keinen Lauf.</translation>
    </message>
    <message>
        <source>Takes up to {memory} GB of memory. The time is known after the first run on this computer.</source>
        <translation>Braucht bis zu {memory} GB Speicher. Die Dauer ist nach dem ersten Lauf auf diesem Rechner bekannt.</translation>
    </message>
    <message>
        <source>Takes about {time} (as measured on this computer) and up to {memory} GB of memory.</source>
        <translation>Braucht etwa {time} (auf diesem Rechner gemessen) und bis zu {memory} GB Speicher.</translation>
    </message>
    <message>
        <source>To run segmenters</source>
        <translation>Um Segmentierer auszuführen</translation>
    </message>
    <message>
        <source>The run cannot be started.</source>
        <translation>Der Lauf kann nicht gestartet werden.</translation>
    </message>
    <message>
        <source>Please look at this before anything runs:

{concerns}

Run all the same?</source>
        <translation>Bitte ansehen, bevor etwas gerechnet wird:

{concerns}

Trotzdem rechnen?</translation>
    </message>
    <message>
        <source>Stopping…</source>
        <translation>Wird abgebrochen…</translation>
    </message>
    <message>
        <source>, about {time} left</source>
        <translation>, noch etwa {time}</translation>
    </message>
    <message>
        <source>Starting…</source>
        <translation>Wird gestartet…</translation>
    </message>
    <message>
        <source>The run was cancelled. Nothing was kept.</source>
        <translation>Der Lauf wurde abgebrochen. Nichts wurde behalten.</translation>
    </message>
    <message>
        <source>Nothing was run. Correct this, or press Run again and accept it:
{concerns}</source>
        <translation>Es wurde nichts gerechnet. Bitte berichtigen, oder noch einmal starten und hinnehmen:
{concerns}</translation>
    </message>
    <message>
        <source>The log cannot be opened.</source>
        <translation>Das Protokoll kann nicht geöffnet werden.</translation>
    </message>
</context>
<context>
    <name>SynthTrustPanel.runs</name>
    <message>
        <source>A run is under way.</source>
        <translation>Ein Lauf ist im Gange.</translation>
    </message>
    <message>
        <source>Showing the result, {percent} %</source>
        <translation>Das Ergebnis wird gezeigt, {percent} %</translation>
    </message>
</context>
<context>
    <name>SynthTrustPanel.scorecardSection</name>
    <message>
        <source>Region</source>
        <translation>Region</translation>
    </message>
    <message>
        <source>What was outlined. A region may lie inside another one.</source>
        <translation>Was umrissen wurde. Eine Region kann in einer anderen liegen.</translation>
    </message>
    <message>
        <source>Status</source>
        <translation>Status</translation>
    </message>
    <message>
        <source>Volume</source>
        <translation>Volumen</translation>
    </message>
    <message>
        <source>Agreement</source>
        <translation>Übereinstimmung</translation>
    </message>
    <message>
        <source>Mean Dice of two segmenters&apos; outlines, and the lowest and highest pair; 1 is the same outline.</source>
        <translation>Mittlerer Dice der Umrisse zweier Segmentierer, und das niedrigste und das höchste Paar; 1 ist derselbe Umriss.</translation>
    </message>
    <message>
        <source>Uncertainty</source>
        <translation>Unsicherheit</translation>
    </message>
    <message>
        <source>Between segmenters, in the worst block of voxels: 0 is certain, 1 most uncertain.</source>
        <translation>Zwischen den Segmentierern im schlechtesten Block von Voxeln: 0 ist sicher, 1 am unsichersten.</translation>
    </message>
    <message>
        <source>Due to mix</source>
        <translation>Durch Mischung</translation>
    </message>
    <message>
        <source>Of the outline of record; in brackets those of its jury, lowest and highest.</source>
        <translation>Des maßgebenden Umrisses; in Klammern die seiner Jury, das kleinste und das größte.</translation>
    </message>
    <message>
        <source>jury {range}</source>
        <translation>Jury {range}</translation>
    </message>
    <message>
        <source>Share of the disagreement that the training mix explains; the rest is chance of training.</source>
        <translation>Anteil der Uneinigkeit, den die Trainingsmischung erklärt; der Rest ist Zufall des Trainings.</translation>
    </message>
    <message>
        <source>volume deleted</source>
        <translation>Volumen gelöscht</translation>
    </message>
    <message>
        <source>Whether to rely on the outline, as calibrated on labelled patients; unknown is grey.</source>
        <translation>Ob man sich auf den Umriss verlassen kann, kalibriert an Patienten mit bekannter Antwort; Unbekanntes ist grau.</translation>
    </message>
    <message>
        <source>nothing</source>
        <translation>nichts</translation>
    </message>
    <message>
        <source>Plot this patient&apos;s volume against the share of synthetic training cases, in Slicer&apos;s plot view.</source>
        <translation>Das Volumen bei diesem Patienten über dem Anteil synthetischer Trainingsfälle auftragen, in der Diagrammansicht von Slicer.</translation>
    </message>
    <message>
        <source>It needs a result of segmenters with at least two different shares of synthetic training cases.</source>
        <translation>Dafür braucht es ein Ergebnis von Segmentierern mit mindestens zwei verschiedenen Anteilen synthetischer Trainingsfälle.</translation>
    </message>
    <message>
        <source>no result yet</source>
        <translation>noch kein Ergebnis</translation>
    </message>
    <message>
        <source>{count} segmenters</source>
        <translation>{count} Segmentierer</translation>
    </message>
    <message>
        <source>Synthetic patient, not a real person</source>
        <translation>Synthetischer Patient, kein wirklicher Mensch</translation>
    </message>
    <message>
        <source>{segmenter} did not run: {reason}</source>
        <translation>{segmenter} lief nicht: {reason}</translation>
    </message>
    <message>
        <source>Compared</source>
        <translation>Verglichen</translation>
    </message>
    <message>
        <source>Evidence</source>
        <translation>Beleg</translation>
    </message>
    <message>
        <source>Range</source>
        <translation>Spanne</translation>
    </message>
    <message>
        <source>Value</source>
        <translation>Wert</translation>
    </message>
    <message>
        <source>What</source>
        <translation>Was</translation>
    </message>
    <message>
        <source>What it spans is said in the explanation of the line.</source>
        <translation>Was die Spanne umfasst, steht in der Erklärung der Zeile.</translation>
    </message>
    <message>
        <source>Found</source>
        <translation>Gefunden</translation>
    </message>
    <message>
        <source>Range: {meaning}.</source>
        <translation>Spanne: {meaning}.</translation>
    </message>
    <message>
        <source>Track record: {sentence}</source>
        <translation>Bewährung: {sentence}</translation>
    </message>
    <message>
        <source>Withdrawn: {reason}</source>
        <translation>Zurückgezogen: {reason}</translation>
    </message>
    <message>
        <source>Select a line to read its explanation.</source>
        <translation>Wählen Sie eine Zeile, um ihre Erklärung zu lesen.</translation>
    </message>
    <message>
        <source>The plot cannot be shown.</source>
        <translation>Das Diagramm kann nicht gezeigt werden.</translation>
    </message>
    <message>
        <source>Delete the result “{title}” with its outlines, maps and verdict from the scene?</source>
        <translation>Das Ergebnis „{title}“ mit seinen Umrissen, Karten und seinem Urteil aus der Szene löschen?</translation>
    </message>
</context>
<context>
    <name>SynthTrustPanel.segmentersSection</name>
    <message>
        <source>Segmenter</source>
        <translation>Segmentierer</translation>
    </message>
    <message>
        <source>Check a segmenter to run it. Its Dice is the mean overlap with experts&apos; outlines of the region, on real patients that it never saw.</source>
        <translation>Haken Sie einen Segmentierer an, um ihn auszuführen. Sein Dice ist die mittlere Überlappung mit Umrissen der Region von Fachleuten, an echten Patienten, die er nie gesehen hat.</translation>
    </message>
    <message>
        <source>Training cases: blue is real, orange is synthetic.</source>
        <translation>Trainingsfälle: Blau ist echt, Orange ist synthetisch.</translation>
    </message>
    <message>
        <source>Mix</source>
        <translation>Mischung</translation>
    </message>
    <message>
        <source>outlines something else: {task}</source>
        <translation>umreißt etwas anderes: {task}</translation>
    </message>
    <message>
        <source>needs {contrasts}</source>
        <translation>braucht {contrasts}</translation>
    </message>
    <message>
        <source>knows {contrasts} only</source>
        <translation>kennt nur {contrasts}</translation>
    </message>
    <message>
        <source>No segmenter is installed. Install SynthTrust again, or choose a folder with segmenters.</source>
        <translation>Kein Segmentierer ist installiert. Installieren Sie SynthTrust neu, oder wählen Sie einen Ordner mit Segmentierern.</translation>
    </message>
    <message>
        <source>Choose at least one segmenter that can run on this patient.</source>
        <translation>Wählen Sie mindestens einen Segmentierer, der bei diesem Patienten laufen kann.</translation>
    </message>
    <message>
        <source>It cannot run: it {reason}.</source>
        <translation>Er kann nicht laufen: Er {reason}.</translation>
    </message>
    <message>
        <source>Proportion ladder</source>
        <translation>Leiter der Anteile</translation>
    </message>
    <message>
        <source>Real-only against synthetic-only</source>
        <translation>Nur echt gegen nur synthetisch</translation>
    </message>
    <message>
        <source>Quality, diversity, generator and site</source>
        <translation>Qualität, Vielfalt, Generator und Klinik</translation>
    </message>
    <message>
        <source>Flagship</source>
        <translation>Flaggschiff</translation>
    </message>
    <message>
        <source>All</source>
        <translation>Alle</translation>
    </message>
    <message>
        <source>My own choice</source>
        <translation>Eigene Auswahl</translation>
    </message>
    <message>
        <source>Flagship, with those checked as its jury</source>
        <translation>Flagship, die angekreuzten sind seine Jury</translation>
    </message>
    <message>
        <source>Pooled from the segmenters</source>
        <translation>Gemeinsam aus den Segmentierern</translation>
    </message>
    <message>
        <source>{real} real and {synthetic} synthetic training cases</source>
        <translation>{real} echte und {synthetic} synthetische Trainingsfälle</translation>
    </message>
    <message>
        <source>It is not known what it was trained on.</source>
        <translation>Womit er trainiert wurde, ist nicht bekannt.</translation>
    </message>
    <message>
        <source>{mean:.2f} (n = {patients})</source>
        <translation>{mean:.2f} (n = {patients})</translation>
    </message>
    <message>
        <source>{region} Dice not measured</source>
        <translation>{region} Dice nicht gemessen</translation>
    </message>
    <message>
        <source>{region} Dice {figures}</source>
        <translation>{region} Dice {figures}</translation>
    </message>
    <message>
        <source>{region}, {cohort}: {mean:.2f} ({low:.2f} to {high:.2f}), {patients} patients</source>
        <translation>{region}, {cohort}: {mean:.2f} ({low:.2f} bis {high:.2f}), {patients} Patienten</translation>
    </message>
    <message>
        <source>No figure was measured on held-out patients.</source>
        <translation>An ungesehenen Patienten wurde nichts gemessen.</translation>
    </message>
</context>
<context>
    <name>SynthTrustPanel.series</name>
    <message>
        <source>{contrast}:</source>
        <translation>{contrast}:</translation>
    </message>
    <message>
        <source>The series of this contrast. It is not found by its name: choose it.</source>
        <translation>Die Serie mit diesem Kontrast. Sie wird nicht an ihrem Namen erkannt: Bitte wählen Sie sie.</translation>
    </message>
</context>
<context>
    <name>SynthTrustPanel.timesSection</name>
    <message>
        <source>For a trial: note when spots are opened and settled, in a file in this folder. Nothing leaves this computer, and no name is noted.</source>
        <translation>Für eine Studie: notieren, wann Stellen geöffnet und entschieden werden, in einer Datei in diesem Ordner. Nichts verlässt diesen Rechner, und kein Name wird notiert.</translation>
    </message>
    <message>
        <source>Choose a folder that exists.</source>
        <translation>Wählen Sie einen Ordner, den es gibt.</translation>
    </message>
    <message>
        <source>Recording into {file}</source>
        <translation>Wird aufgezeichnet: {file}</translation>
    </message>
</context>
<context>
    <name>SynthTrustPanel.verdictSection</name>
    <message>
        <source>Region</source>
        <translation>Region</translation>
    </message>
    <message>
        <source>What is judged; below it a comment that is kept with the verdict.</source>
        <translation>Was beurteilt wird; darunter ein Kommentar, der mit dem Urteil aufbewahrt wird.</translation>
    </message>
    <message>
        <source>Verdict</source>
        <translation>Urteil</translation>
    </message>
    <message>
        <source>Whether the outline may be used.</source>
        <translation>Ob der Umriss verwendet werden darf.</translation>
    </message>
    <message>
        <source>Edited</source>
        <translation>Bearbeitet</translation>
    </message>
    <message>
        <source>The outline that was changed after the run, and each region of it.</source>
        <translation>Der Umriss, der nach dem Lauf geändert wurde, und jede seiner Regionen.</translation>
    </message>
    <message>
        <source>Now</source>
        <translation>Jetzt</translation>
    </message>
    <message>
        <source>Its volume, the longest diameter in an axial slice and the one perpendicular to it, and the overlap with the segmenters&apos; outlines, lowest and highest.</source>
        <translation>Sein Volumen, der längste Durchmesser in einer axialen Schicht und der dazu senkrechte, und die Überlappung mit den Umrissen der Segmentierer, niedrigste und höchste.</translation>
    </message>
    <message>
        <source>There is no result to judge yet.</source>
        <translation>Es gibt noch kein Ergebnis zu beurteilen.</translation>
    </message>
    <message>
        <source>Enter who gives the verdict.</source>
        <translation>Geben Sie an, wer das Urteil abgibt.</translation>
    </message>
    <message>
        <source>Choose a verdict for at least one region.</source>
        <translation>Wählen Sie ein Urteil für mindestens eine Region.</translation>
    </message>
    <message>
        <source>Keep this verdict in the scene, with your name and the time.</source>
        <translation>Dieses Urteil mit Ihrem Namen und der Zeit in der Szene behalten.</translation>
    </message>
    <message>
        <source>{volume}, {diameters}, Dice {dice}</source>
        <translation>{volume}, {diameters}, Dice {dice}</translation>
    </message>
    <message>
        <source>Your verdict on the outline of the {region}.</source>
        <translation>Ihr Urteil über den Umriss: {region}.</translation>
    </message>
    <message>
        <source>not judged</source>
        <translation>nicht beurteilt</translation>
    </message>
    <message>
        <source>comment</source>
        <translation>Kommentar</translation>
    </message>
    <message>
        <source>Your comment on the outline of the {region}; it is kept with the verdict.</source>
        <translation>Ihr Kommentar zum Umriss der Region {region}; er wird mit dem Urteil aufbewahrt.</translation>
    </message>
    <message>
        <source>Recorded by {reviewer} on {time} (UTC).</source>
        <translation>Festgehalten von {reviewer} am {time} (UTC).</translation>
    </message>
    <message>
        <source>No verdict has been recorded for this result.</source>
        <translation>Zu diesem Ergebnis wurde kein Urteil festgehalten.</translation>
    </message>
    <message>
        <source>The outline cannot be opened in the Segment Editor.</source>
        <translation>Der Umriss kann nicht im Segment Editor geöffnet werden.</translation>
    </message>
</context>
</TS>
